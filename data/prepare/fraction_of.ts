/** How near a fraction must come, as a share of the number: rates are known from durations in microseconds. */
const TOLERANCE = 1e-7;

/**
 * The simplest fraction that is a number: 30000 / 1001 for 29.97002997….
 *
 * @param most limit of numerator and denominator
 * @returns numerator and denominator, or [0, 1] if there is none within the limit
 */
export function fractionOf(value: number, most: number): [numerator: number, denominator: number] {
  let [before, last]: [number, number][] = [[0, 1], [1, 0]];
  // Continued fractions: each is the nearest of those with denominators up to its own.
  for (let rest = value; Number.isFinite(rest);) {
    const whole = Math.floor(rest);
    [before, last] = [last, [whole * last[0] + before[0], whole * last[1] + before[1]]];
    if (Math.max(...last) > most) break;
    if (Math.abs(last[0] / last[1] - value) <= TOLERANCE * value) return last;
    rest = 1 / (rest - whole);
  }
  return [0, 1];
}
