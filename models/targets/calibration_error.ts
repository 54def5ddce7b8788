/** Intervals of probability that are compared with what happened. */
const BINS = 15;

/**
 * Sums up the expected calibration error (Guo et al.: arXiv 1706.04599): how far probabilities are from the shares of
 * outcomes, |mean probability − share| of each of 15 equal intervals of probability, weighted by their samples.
 */
export class CalibrationTally {
  readonly #gaps: Float64Array = new Float64Array(BINS);
  #samples = 0;

  /** Adds a sample: what was foretold, 0 to 1, and whether it happened. */
  add(probability: number, happened: boolean): void {
    // Intervals are open below and closed above, but for 0.
    const bin = Math.min(Math.max(0, Math.ceil(probability * BINS) - 1), BINS - 1); // a mean may be 1 and a bit
    this.#gaps[bin] += probability - Number(happened);
    this.#samples++;
  }

  /** The error of the samples so far; NaN for none. */
  error(): number {
    return this.#gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / this.#samples;
  }
}

/**
 * The expected calibration error of {@linkcode CalibrationTally}.
 *
 * @param probabilities [S], 0 to 1
 * @param outcomes [S], 1 where it happened, else 0
 * @returns NaN for no samples
 */
export function calibrationError(
  probabilities: ArrayLike<number>,
  outcomes: ArrayLike<number>,
): number {
  const tally = new CalibrationTally();
  for (let i = 0; i < probabilities.length; i++) tally.add(probabilities[i], outcomes[i] === 1);
  return tally.error();
}
