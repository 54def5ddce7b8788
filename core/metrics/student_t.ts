/** P(|T| < √ν tan θ), by the finite series for whole ν: Abramowitz and Stegun, 26.7.3 and 26.7.4. */
function withinAngle(theta: number, freedom: number): number {
  const [sine, cosine] = [Math.sin(theta), Math.cos(theta)];
  const isOdd = freedom % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = 0;
  for (let power = isOdd ? 1 : 0; power <= freedom - 2; power += 2) {
    sum += term;
    term *= cosine * cosine * (power + 1) / (power + 2);
  }
  return isOdd ? 2 / Math.PI * (theta + sine * sum) : sine * sum;
}

/**
 * The quantile of Student's t distribution.
 *
 * @param probability from 0.5 to below 1
 * @param freedom ν, degrees of freedom, a whole number from 1
 * @throws {RangeError} if one is out of range
 * @example
 * ```ts
 * import { studentQuantile } from "@videoms/core";
 *
 * console.assert(studentQuantile(0.975, 2).toFixed(4) === "4.3027");
 * ```
 */
export function studentQuantile(probability: number, freedom: number): number {
  if (!(probability >= 0.5 && probability < 1) || !Number.isSafeInteger(freedom) || freedom < 1) {
    throw new RangeError(
      "Cannot compare means: a quantile of Student's t must be of a probability from 0.5 to below 1 and of " +
        `1 or more degrees of freedom, got ${probability} and ${freedom}`,
    );
  }
  let [low, high] = [0, Math.PI / 2];
  for (let halving = 0; halving < 60; halving++) {
    const middle = (low + high) / 2;
    if (withinAngle(middle, freedom) < 2 * probability - 1) low = middle;
    else high = middle;
  }
  return Math.sqrt(freedom) * Math.tan(low);
}
