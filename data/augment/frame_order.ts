import type { RandomStream } from "@videoms/core/plain";

/** Orders that take motion out of a clip, or change it: one frame repeated, a drawn order, backwards. */
export const FRAME_ORDERS = ["still", "shuffled", "reversed"] as const;

/** One of {@linkcode FRAME_ORDERS}. */
export type FrameOrder = typeof FRAME_ORDERS[number];

/**
 * The frames of a clip in another order; `still` repeats the middle one.
 *
 * @param pixels of one clip, [T, …], row-major
 * @param frames T
 * @param random stream of the clip, from which `shuffled` draws
 * @returns as many pixels
 * @example
 * ```ts
 * import { randomStream } from "@videoms/core";
 * import { orderFrames } from "@videoms/data";
 *
 * const reversed = orderFrames(Uint8Array.of(1, 1, 2, 2, 3, 3), 3, "reversed", randomStream(0));
 * console.assert(reversed.join() === "3,3,2,2,1,1");
 * ```
 */
export function orderFrames(
  pixels: Uint8Array,
  frames: number,
  order: FrameOrder,
  random: RandomStream,
): Uint8Array<ArrayBuffer> {
  const size = pixels.length / frames;
  const drawn = order === "shuffled" ? random.permutation(frames) : null;
  const ordered = new Uint8Array(pixels.length);
  for (let t = 0; t < frames; t++) {
    const from = drawn ? drawn[t] : order === "reversed" ? frames - 1 - t : frames >> 1;
    ordered.set(pixels.subarray(from * size, (from + 1) * size), t * size);
  }
  return ordered;
}
