import jstat from "jstat";

/** A mean over independent seeds. */
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
 */
export function estimate(values: readonly number[]): Estimate {
  const count = values.length;
  if (count === 0) throw new RangeError("Cannot compare means: there must be values, got none");
  const mean = values.reduce((a, b) => a + b, 0) / count;
  if (count < 2) return { count, mean, halfWidth: null };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const quantile: number = jstat.studentt.inv(0.975, count - 1);
  return { count, mean, halfWidth: quantile * Math.sqrt(variance / count) };
}

/** A figure of one seed. */
export interface SeedValue {
  readonly seed: number;
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
