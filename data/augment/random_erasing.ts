import type { RandomStream } from "@videoms/core";
import type { FrameSize } from "../crop/crop_box.ts";
import { roundHalfEven } from "./pixel_clip.ts";

/** Draws before nothing is erased. */
const TRIES = 100;

/** Part of the frame's area that is erased. */
const AREA = [0.02, 1 / 3] as const;

/** Ratio of height to width is 0.3 to 1/0.3, drawn evenly on a logarithmic scale. */
const LOG_ASPECT = [Math.log(0.3), Math.log(1 / 0.3)] as const;

/** A rectangle that is erased from every frame of a clip; in pixels. */
export interface EraseBox {
  /** Rows above it. */
  readonly top: number;
  /** Columns left of it. */
  readonly left: number;
  /** Its rows. */
  readonly height: number;
  /** Its columns. */
  readonly width: number;
}

/**
 * Draws the rectangle of random erasing: 2 to 33 % of the frame, smaller than it on both sides, at a
 * uniform place.
 *
 * Source: Zhong et al., "Random Erasing Data Augmentation" (AAAI 2020), as timm draws it.
 *
 * @param frame size of the frames
 * @param probability that something is erased, 0 to 1
 * @returns null if nothing is erased
 */
export function drawEraseBox(
  { width, height }: FrameSize,
  probability: number,
  random: RandomStream,
): EraseBox | null {
  if (random.uniform() >= probability) return null;
  for (let i = 0; i < TRIES; i++) {
    const area = width * height * (AREA[0] + random.uniform() * (AREA[1] - AREA[0]));
    const aspect = Math.exp(LOG_ASPECT[0] + random.uniform() * (LOG_ASPECT[1] - LOG_ASPECT[0]));
    const boxHeight = roundHalfEven(Math.sqrt(area * aspect));
    const boxWidth = roundHalfEven(Math.sqrt(area / aspect));
    if (boxHeight >= height || boxWidth >= width) continue;
    return {
      top: random.integer(height - boxHeight + 1),
      left: random.integer(width - boxWidth + 1),
      height: boxHeight,
      width: boxWidth,
    };
  }
  return null;
}

/** A clip of normalised values, on its way into a model. */
export interface NormalisedClip {
  /** float32 [T, H, W, 3], mean 0 and deviation 1 over the data. */
  readonly values: Float32Array;
  /** T. */
  readonly frames: number;
  /** H, rows. */
  readonly height: number;
  /** W, columns. */
  readonly width: number;
}

/**
 * Fills a rectangle of every frame with fresh draws of N(0, 1), in place: every pixel, channel and
 * frame has its own.
 *
 * The noise belongs to normalised values (uint8 pixels could not hold it without cutting its tails),
 * so erasing comes after normalisation and before the caller cuts the clip into patches.
 *
 * @throws {RangeError} if the values do not fit the shape or the box not the frame
 */
export function noiseFill(clip: NormalisedClip, box: EraseBox, random: RandomStream): void {
  const { values, frames, height, width } = clip;
  const inside = box.top >= 0 && box.left >= 0 && box.height >= 0 && box.width >= 0 &&
    box.top + box.height <= height && box.left + box.width <= width;
  if (values.length !== frames * height * width * 3 || !inside) {
    throw new RangeError(
      `Cannot erase from a clip: values must be [T, H, W, 3] and the box in the frame, got ` +
        `${values.length} values, [${frames}, ${height}, ${width}, 3], ${JSON.stringify(box)}`,
    );
  }
  for (let frame = 0; frame < frames; frame++) {
    for (let y = box.top; y < box.top + box.height; y++) {
      const from = ((frame * height + y) * width + box.left) * 3;
      for (let i = from; i < from + box.width * 3; i++) values[i] = random.normal();
    }
  }
}
