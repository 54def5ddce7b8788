import type { RandomStream } from "@videoms/core";
import type { CropBox, FrameSize } from "../crop/crop_box.ts";
import { roundHalfEven } from "./pixel_clip.ts";

/** Attempts before the fallback. */
const TRIES = 10;

/** Options of {@linkcode randomResizedCrop}. */
export interface RandomResizedCropOptions {
  /** Range of the crop's share of the frame's area. @default [0.08, 1] */
  scale?: readonly [number, number];
  /**
   * Range of the aspect ratio, width to height; log-uniform.
   *
   * @default [0.75, 1.3333]
   */
  aspect?: readonly [number, number];
}

/**
 * Draws a random resized crop: area and aspect ratio, up to ten times until the box fits, then its position.
 * If none fits, the largest centred box with an aspect ratio in range is used.
 *
 * Source: Szegedy et al., "Going deeper with convolutions" (CVPR 2015), section 6, as in torchvision and
 * VideoMAE. One box is used for all frames of a clip.
 *
 * @throws {RangeError} if a range is empty or not positive
 * @example
 * ```ts
 * import { randomStream } from "@videoms/core";
 * import { randomResizedCrop } from "@videoms/data";
 *
 * const box = randomResizedCrop({ width: 320, height: 240 }, randomStream(0, "crop", 7));
 * console.assert(box.x + box.width <= 320 && box.y + box.height <= 240);
 * ```
 */
export function randomResizedCrop(
  { width, height }: FrameSize,
  random: RandomStream,
  { scale = [0.08, 1], aspect = [0.75, 1.3333] }: RandomResizedCropOptions = {},
): CropBox {
  checkRange("scale", scale, 1);
  checkRange("aspect", aspect, Infinity);
  const [leastLog, mostLog] = aspect.map(Math.log);
  for (let i = 0; i < TRIES; i++) {
    const area = width * height * (scale[0] + random.uniform() * (scale[1] - scale[0]));
    const ratio = Math.exp(leastLog + random.uniform() * (mostLog - leastLog));
    const boxWidth = roundHalfEven(Math.sqrt(area * ratio));
    const boxHeight = roundHalfEven(Math.sqrt(area / ratio));
    if (boxWidth < 1 || boxWidth > width || boxHeight < 1 || boxHeight > height) continue;
    return {
      y: random.integer(height - boxHeight + 1),
      x: random.integer(width - boxWidth + 1),
      width: boxWidth,
      height: boxHeight,
    };
  }
  return middleWithin({ width, height }, aspect);
}

/** The largest centred box with an aspect ratio in range. */
function middleWithin(frame: FrameSize, aspect: readonly [number, number]): CropBox {
  const ratio = frame.width / frame.height;
  let { width, height } = frame;
  if (ratio < aspect[0]) height = Math.max(1, roundHalfEven(width / aspect[0]));
  else if (ratio > aspect[1]) width = Math.max(1, roundHalfEven(height * aspect[1]));
  const x = Math.floor((frame.width - width) / 2);
  const y = Math.floor((frame.height - height) / 2);
  return { x, y, width, height };
}

/**
 * Checks a range.
 *
 * @throws {RangeError} unless 0 < min ≤ max ≤ `most`
 */
export function checkRange(name: string, range: readonly number[], most: number): void {
  const [from, to] = range;
  if (range.length !== 2 || !(from > 0 && to >= from && to <= most && to < Infinity)) {
    const limit = most === Infinity ? "" : ` up to ${most}`;
    throw new RangeError(
      `Cannot prepare clips: ${name} must be two positive ascending numbers${limit}, got ` +
        JSON.stringify(range),
    );
  }
}
