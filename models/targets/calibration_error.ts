/** Intervals of probability that are compared with what happened. */
const BINS = 15;

/**
 * Expected calibration error (Guo et al.: arXiv 1706.04599): how far probabilities are from the shares of outcomes,
 * |mean probability − share| of each of 15 equal intervals of probability, weighted by their samples.
 *
 * @param probabilities [S], 0 to 1
 * @param outcomes [S], 1 where it happened, else 0
 * @returns NaN for no samples
 */
export function calibrationError(
  probabilities: ArrayLike<number>,
  outcomes: ArrayLike<number>,
): number {
  const gaps = new Float64Array(BINS);
  for (let i = 0; i < probabilities.length; i++) {
    // Intervals are open below and closed above, but for 0.
    const bin = Math.max(0, Math.ceil(probabilities[i] * BINS) - 1);
    gaps[bin] += probabilities[i] - outcomes[i];
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / probabilities.length;
}
