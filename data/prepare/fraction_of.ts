/** Denominators of the usual rates; 1001 is that of broadcast. */
const USUAL = [1, 1001];

/** How near a usual rate must be, as a share of it: rates are known from durations in microseconds. */
const NEAR = 1e-7;

/** How near any other fraction must be. */
const NEAREST = 1e-9;

/**
 * The fraction that a frame rate is: 30000 / 1001 for 29.97003.
 *
 * @param most limit of numerator and denominator
 * @returns numerator and denominator, or [0, 1] if there is none within the limit
 */
export function fractionOf(value: number, most: number): [numerator: number, denominator: number] {
  for (const per of USUAL) {
    const rate = Math.round(value * per);
    if (rate > 0 && rate <= most && Math.abs(rate / per - value) <= NEAR * value) {
      return [rate, per];
    }
  }
  let [before, last]: [number, number][] = [[0, 1], [1, 0]];
  // Continued fractions: each is the nearest of those with denominators up to its own.
  for (let rest = value; Number.isFinite(rest);) {
    const whole = Math.floor(rest);
    [before, last] = [last, [whole * last[0] + before[0], whole * last[1] + before[1]]];
    if (Math.max(...last) > most) break;
    if (Math.abs(last[0] / last[1] - value) <= NEAREST * value) return last;
    rest = 1 / (rest - whole);
  }
  return [0, 1];
}
