/** A RandAugment policy. */
export interface RandAugmentPolicy {
  /** M, mean magnitude, 0 to 10. */
  readonly magnitude: number;
  /** Number of operations drawn per clip; each is applied with probability 0.5. */
  readonly operations: number;
  /** Standard deviation of the magnitude. */
  readonly spread: number;
  /**
   * Whether larger magnitudes always change more. Otherwise `posterize`, `solarize` and the enhancing
   * operations use the arguments of the first release, where 10 may change less than 0.
   */
  readonly increasing: boolean;
}

/** Defaults of timm. */
const DEFAULTS: RandAugmentPolicy = { magnitude: 10, operations: 2, spread: 0, increasing: false };

/**
 * Parses timm's notation, for example `rand-m7-n4-mstd0.5-inc1`: `m` magnitude 0 to 10 (default 10), `n`
 * number of operations (2), `mstd` std of the magnitude (0), `inc` 0 or 1 (0).
 *
 * Stricter than timm: unknown, repeated or invalid parts are errors, and `inc0` means no (in timm it means
 * yes).
 *
 * @throws {RangeError} naming the invalid part
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
    if (seen.has(key)) fail("a part must occur once", part);
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
