import { studentQuantile } from "./student_t.ts";

/** A mean over independent values, such as those of seeds. */
export interface Estimate {
  readonly count: number;
  readonly mean: number;
  /** Half the width of the 95 % interval of Student's t; null for fewer than two values. */
  readonly halfWidth: number | null;
}

/**
 * Mean of values and its 95 % interval, mean ± t(0.975, n − 1) s / √n.
 *
 * @throws {RangeError} if there are no values
 * @example
 * ```ts
 * import { estimate } from "@videoms/core";
 *
 * const { mean, halfWidth } = estimate([1, 2, 3]);
 * console.assert(mean === 2 && halfWidth!.toFixed(3) === "2.484");
 * ```
 */
export function estimate(values: readonly number[]): Estimate {
  const count = values.length;
  if (count === 0) throw new RangeError("Cannot compare means: there must be values, got none");
  const mean = values.reduce((a, b) => a + b, 0) / count;
  if (count < 2) return { count, mean, halfWidth: null };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return {
    count,
    mean,
    halfWidth: studentQuantile(0.975, count - 1) * Math.sqrt(variance / count),
  };
}

/** A figure of one seed, or of a seed and a fold. */
export interface SeedValue {
  readonly seed: number | string;
  readonly value: number;
}

/**
 * Mean difference `values − baseline` over the seeds that both have, and its interval. Pairing takes
 * out what the seeds share: start weights and the order of clips.
 *
 * @returns null if they share no seed
 */
export function pairedDifference(
  values: readonly SeedValue[],
  baseline: readonly SeedValue[],
): Estimate | null {
  const base = new Map(baseline.map(({ seed, value }) => [seed, value]));
  const pairs = values.flatMap(({ seed, value }) =>
    base.has(seed) ? [value - base.get(seed)!] : []
  );
  return pairs.length === 0 ? null : estimate(pairs);
}

/**
 * Effect size of a paired difference: its mean in standard deviations of the differences (Cohen's d of pairs).
 *
 * @returns null for fewer than two pairs, or pairs that do not differ from each other
 */
export function effectSize({ count, mean, halfWidth }: Estimate): number | null {
  if (!halfWidth) return null;
  return mean * studentQuantile(0.975, count - 1) / (halfWidth * Math.sqrt(count));
}

/** More pairs than these are not counted. */
const MOST_PAIRS = 1000;

/** The quantiles of the normal distribution, which those of Student's t exceed, at 0.975 and 0.8, summed up. */
const NORMAL_SUM = 1.95996 + 0.84162;

/**
 * Pairs with which a difference of this effect size is told from none in 80 % of experiments, by a two-sided paired
 * t test at 5 %: the smallest n with |d| √n ≥ t(0.975, n − 1) + t(0.8, n − 1).
 *
 * @returns Infinity for more than 1,000
 */
export function pairsNeeded(effect: number): number {
  const least = Math.max(2, Math.floor((NORMAL_SUM / effect) ** 2));
  for (let pairs = least; pairs <= MOST_PAIRS; pairs++) {
    const wanted = studentQuantile(0.975, pairs - 1) + studentQuantile(0.8, pairs - 1);
    if (Math.abs(effect) * Math.sqrt(pairs) >= wanted) return pairs;
  }
  return Infinity;
}
