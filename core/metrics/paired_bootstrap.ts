import type { RandomStream } from "../random/random_stream.ts";

/** A mean with a 95 % interval that need not be symmetric. */
export interface MeanInterval {
  readonly count: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Resamples of an interval, unless there are so many values that it would take seconds. */
const RESAMPLES = 2000;
const MOST_DRAWS = 2e7;

/**
 * The 95 % interval of a mean of paired differences, one for each held-out video, by the bootstrap: videos are drawn
 * with replacement, and the interval holds the middle 95 % of the means. It tells what other videos might give with
 * the same trainings.
 *
 * @param resamples at least 40
 * @throws {RangeError} if there are no differences
 * @example
 * ```ts
 * import { pairedBootstrap, randomStream } from "@videoms/core";
 *
 * const differences = [1, 1, 0, 1, 0, -1, 1, 0, 1, 1]; // right against wrong, by video
 * const { mean, low, high } = pairedBootstrap(differences, randomStream(0));
 * console.assert(mean === 0.5 && low < mean && high > mean);
 * ```
 */
export function pairedBootstrap(
  differences: readonly number[],
  random: Pick<RandomStream, "uniform">,
  resamples: number = RESAMPLES,
): MeanInterval {
  const count = differences.length;
  if (count === 0) {
    throw new RangeError("Cannot compare means: there must be differences, got none");
  }
  const draws = Math.max(40, Math.min(resamples, Math.floor(MOST_DRAWS / count)));
  const means = Float64Array.from({ length: draws }, () => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += differences[Math.floor(random.uniform() * count)];
    return sum / count;
  }).sort();
  const mean = differences.reduce((a, b) => a + b, 0) / count;
  const cut = Math.floor(0.025 * draws);
  return { count, mean, low: means[cut], high: means[draws - 1 - cut] };
}
