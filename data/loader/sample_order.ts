import { randomStream } from "@videoms/core";

/** In which order a loader goes through its videos. */
export type SampleOrder = "shuffled" | "list";

/**
 * Batches of one pass over the videos.
 *
 * A shuffled pass leaves out the clips that do not fill a batch (others are left out in the next
 * pass), a pass in list order ends with a smaller batch instead, so that it shows every video.
 *
 * @throws {RangeError} if the videos do not make one batch
 */
export function stepsPerEpoch(videos: number, batch: number, order: SampleOrder): number {
  if (!Number.isInteger(batch) || batch < 1) {
    throw new RangeError(
      `Cannot form batches: batch must be a positive whole number, got ${batch}`,
    );
  }
  const steps = order === "list" ? Math.ceil(videos / batch) : Math.floor(videos / batch);
  if (steps < 1) {
    throw new RangeError(
      `Cannot form batches: the list must have at least as many videos as a batch has clips, ` +
        `got ${videos} videos for a batch of ${batch}`,
    );
  }
  return steps;
}

/** The rows of the list in the order of an epoch: a permutation drawn from (seed, epoch). */
export function epochOrder(
  videos: number,
  order: SampleOrder,
  seed: number,
  epoch: number,
): Int32Array {
  return order === "list"
    ? Int32Array.from({ length: videos }, (_, row) => row)
    : randomStream(seed, "order", epoch).permutation(videos);
}
