import { type ClipGeometry, type RandomStream, tokenGrid, valuesPerToken } from "@videoms/core";
import { type Box, boxRuns } from "./box_runs.ts";

/**
 * Fills a rectangle of every frame with fresh draws of N(0, 1), in place: every pixel, channel and frame has
 * its own.
 *
 * The noise is in normalised units; bytes would clip its tails.
 *
 * Source: Zhong et al., "Random Erasing Data Augmentation" (AAAI 2020), timm's mode `pixel`.
 *
 * @param values normalised pixels by token, row-major [B, N, P]
 * @param boxes [B], null for clips that are not erased
 * @param random one stream per clip
 * @throws {RangeError} if values, boxes and streams are not of the same clips, or a box is not in the frame
 * @example
 * ```ts
 * import { randomStream } from "@videoms/core";
 * import { eraseWithNoise, patchValues } from "@videoms/models";
 *
 * const geometry = { frames: 2, tubeletSize: 2, imageSize: 32, patchSize: 16 };
 * const values = patchValues(new Uint8Array(2 * 32 * 32 * 3), geometry); // one clip
 * const box = { top: 4, left: 8, height: 10, width: 20 };
 * eraseWithNoise(values, geometry, [box], [randomStream(0, "erase")]);
 * console.assert(new Set(values).size > 1000);
 * ```
 */
export function eraseWithNoise(
  values: Float32Array,
  geometry: ClipGeometry,
  boxes: readonly (Box | null)[],
  random: readonly RandomStream[],
): void {
  const size = tokenGrid(geometry).tokens * valuesPerToken(geometry);
  if (values.length !== boxes.length * size || random.length !== boxes.length) {
    throw new RangeError(
      `Cannot run random erasing: there must be ${size} values, a box and a stream for each clip, got ` +
        `${values.length}, ${boxes.length} and ${random.length}`,
    );
  }
  boxes.forEach((box, b) => {
    if (box === null) return;
    const runs = boxRuns(geometry, box);
    const stream = random[b];
    for (let i = 0; i < runs.length; i += 2) {
      const from = b * size + runs[i];
      for (let j = from; j < from + runs[i + 1]; j++) values[j] = stream.normal();
    }
  });
}
