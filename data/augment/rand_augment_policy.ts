/** How RandAugment draws its operations. */
export interface RandAugmentPolicy {
  /** M, mean strength of an operation, 0 to 10. */
  readonly magnitude: number;
  /** Operations drawn for a clip; each is applied with probability 0.5. */
  readonly operations: number;
  /** Standard deviation of the strength. */
  readonly spread: number;
  /**
   * Whether a larger magnitude always changes more. If not, `posterize`, `solarize` and the enhancing
   * operations take the argument of the first release, where 10 may change less than 0.
   */
  readonly increasing: boolean;
}

/** What `rand` alone means, as in timm. */
const DEFAULTS: RandAugmentPolicy = { magnitude: 10, operations: 2, spread: 0, increasing: false };

/**
 * Reads the notation of timm, for example `rand-m7-n4-mstd0.5-inc1`: `m` magnitude 0 to 10 (default
 * 10), `n` number of operations (2), `mstd` spread of the magnitude (0), `inc` 0 or 1 (0).
 *
 * Stricter than timm: a part that is unknown, comes twice or has no proper value is an error, and
 * `inc0` means no (there it means yes).
 *
 * @throws {RangeError} naming the part that cannot be read
 * @example
 * ```ts
 * import { parseRandAugment } from "@videoms/data";
 *
 * console.assert(parseRandAugment("rand-m7-n4-mstd0.5-inc1").magnitude === 7);
 * ```
 */
export function parseRandAugment(notation: string): RandAugmentPolicy {
  const fail = (rule: string, got: string): never => {
    throw new RangeError(`Cannot read RandAugment "${notation}": ${rule}, got "${got}"`);
  };
  const [head, ...parts] = notation.split("-");
  if (head !== "rand") fail('it must start with "rand"', head);
  const seen = new Map<string, number>();
  for (const part of parts) {
    const match = /^(m|n|mstd|inc)(\d+(?:\.\d+)?)$/.exec(part);
    if (!match) return fail("a part must be m, n, mstd or inc and a number", part);
    const [, key, digits] = match;
    const value = Number(digits);
    if (seen.has(key)) fail("a part may come once", part);
    if (key === "m" && value > 10) fail("m must be 0 to 10", part);
    if (key === "n" && !(Number.isSafeInteger(value) && value >= 1)) {
      fail("n must be a whole number from 1", part);
    }
    if (key === "inc" && digits !== "0" && digits !== "1") fail("inc must be 0 or 1", part);
    seen.set(key, value);
  }
  return {
    magnitude: seen.get("m") ?? DEFAULTS.magnitude,
    operations: seen.get("n") ?? DEFAULTS.operations,
    spread: seen.get("mstd") ?? DEFAULTS.spread,
    increasing: (seen.get("inc") ?? Number(DEFAULTS.increasing)) === 1,
  };
}
