import type { RandomStream } from "@videoms/core";
import type { FrameSize } from "../crop/crop_box.ts";
import { roundHalfEven } from "./pixel_clip.ts";

/** Attempts before giving up. */
const TRIES = 100;

/** Range of the erased share of the frame's area. */
const AREA = [0.02, 1 / 3] as const;

/** The aspect ratio is 0.3 to 1/0.3, log-uniform. */
const LOG_ASPECT = [Math.log(0.3), Math.log(1 / 0.3)] as const;

/** A rectangle to erase from every frame of a clip, in pixels. */
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
 * Draws the rectangle of random erasing: 2 to 33 % of the frame, smaller than it on both sides, at a uniform
 * position.
 *
 * Source: Zhong et al., "Random Erasing Data Augmentation" (AAAI 2020), as timm draws it.
 *
 * @param frame size of the frames
 * @param probability of erasing, 0 to 1
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
