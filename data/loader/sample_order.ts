import { randomStream } from "@videoms/core/plain";

/** The order in which a loader visits its videos. */
export type SampleOrder = "shuffled" | "list";

/**
 * Steps per epoch.
 *
 * A shuffled epoch drops the clips that do not fill a batch (different ones each epoch); an epoch in list
 * order ends with a smaller batch instead, so that it includes every video.
 *
 * @throws {RangeError} if there are not enough videos for one batch
 */
export function stepsPerEpoch(videos: number, batch: number, order: SampleOrder): number {
  if (!Number.isInteger(batch) || batch < 1) {
    throw new RangeError(
      `Cannot load clips: batch must be a positive whole number, got ${batch}`,
    );
  }
  const steps = order === "list" ? Math.ceil(videos / batch) : Math.floor(videos / batch);
  if (steps < 1) {
    throw new RangeError(
      `Cannot load clips: the list must have at least as many videos as a batch has clips, ` +
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
