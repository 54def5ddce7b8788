import type { RandomStream } from "@videoms/core";

/**
 * The logarithm of a gamma variate of shape `alpha` and scale 1 (Marsaglia, Tsang: "A simple method for
 * generating gamma variables", ACM TOMS 26, 2000). For small shapes only the logarithm is representable.
 */
function logGamma(alpha: number, random: RandomStream): number {
  if (alpha < 1) {
    // 1 − u is never 0.
    return logGamma(alpha + 1, random) + Math.log(1 - random.uniform()) / alpha;
  }
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const bound = x * x / 2 + d * (1 - v + Math.log(v));
    if (Math.log(1 - random.uniform()) < bound) return Math.log(d * v);
  }
}

/**
 * The next draw of the symmetric beta distribution, in [0, 1].
 *
 * @param alpha both shape parameters, above 0: large ones draw near ½, small ones near 0 and 1
 * @throws {RangeError} if `alpha` is not above 0
 */
export function symmetricBeta(alpha: number, random: RandomStream): number {
  if (!(alpha > 0 && alpha < Infinity)) {
    throw new RangeError(
      `Cannot run mixup or CutMix: alpha must be above 0, got ${alpha}`,
    );
  }
  const a = logGamma(alpha, random);
  const b = logGamma(alpha, random);
  return 1 / (1 + Math.exp(b - a));
}
