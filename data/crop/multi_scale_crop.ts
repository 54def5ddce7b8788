import type { RandomStream } from "@videoms/core";
import type { CropBox, FrameSize } from "./crop_box.ts";

/** Box sides relative to the frame's shorter side. */
const SCALES = [1, 0.875, 0.75, 0.66];

/** Sides within this many pixels of the target snap to it, which saves a resampling. */
const SNAP = 2;

/** Offsets in quarters of the free space, (columns, rows). */
const QUARTERS: readonly (readonly [number, number])[] = [
  [0, 0],
  [4, 0],
  [0, 4],
  [4, 4],
  [2, 2],
  [0, 2],
  [4, 2],
  [2, 4],
  [2, 0],
  [1, 1],
  [3, 1],
  [1, 3],
  [3, 3],
];

/**
 * The ten box sizes of multi-scale cropping, (width, height) in pixels: pairs of the four scales that are at
 * most one step apart.
 *
 * In the reference a side snapped to `size` may exceed a slightly smaller frame, padded with black; here it
 * is limited to the frame's shorter side.
 *
 * @param frame size of the frames
 * @param size side of the square that the crop is resized to
 */
export function multiScaleSizes(frame: FrameSize, size: number): [number, number][] {
  const base = Math.min(frame.width, frame.height);
  const sides = SCALES.map((scale) => {
    const side = Math.max(1, Math.trunc(base * scale));
    return Math.abs(side - size) <= SNAP ? Math.min(size, base) : side;
  });
  const sizes: [number, number][] = [];
  sides.forEach((height, i) => {
    sides.forEach((width, j) => {
      if (Math.abs(i - j) <= 1) sizes.push([width, height]);
    });
  });
  return sizes;
}

/** The thirteen positions of a box in a frame, (x, y) in pixels: corners, edges, centre, quarters. */
export function multiScaleOffsets(
  frame: FrameSize,
  width: number,
  height: number,
): [number, number][] {
  const stepX = Math.floor((frame.width - width) / 4);
  const stepY = Math.floor((frame.height - height) / 4);
  return QUARTERS.map(([columns, rows]) => [columns * stepX, rows * stepY]);
}

/**
 * Multi-scale crop of pre-training: one of ten box sizes at one of thirteen positions, both uniform, for all
 * frames of a clip.
 *
 * Source: Wang et al., "Temporal Segment Networks" (ECCV 2016), section 3.2, as in VideoMAE and EVEREST.
 *
 * @param frame size of the frames
 * @param size side of the square that the crop is resized to
 * @param random stream for the two draws
 * @example
 * ```ts
 * import { randomStream } from "@videoms/core";
 * import { multiScaleCrop } from "@videoms/data";
 *
 * const box = multiScaleCrop({ width: 320, height: 240 }, 224, randomStream(0, "crop", 7));
 * console.assert(box.x + box.width <= 320 && box.y + box.height <= 240);
 * ```
 */
export function multiScaleCrop(frame: FrameSize, size: number, random: RandomStream): CropBox {
  const sizes = multiScaleSizes(frame, size);
  const [width, height] = sizes[random.integer(sizes.length)];
  const offsets = multiScaleOffsets(frame, width, height);
  const [x, y] = offsets[random.integer(offsets.length)];
  return { x, y, width, height };
}
