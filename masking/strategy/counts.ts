/**
 * Token counts from ratios. A ratio times a count is truncated in double arithmetic exactly as written ((1 −
 * 0.9) · 1568 uses 0.09999999999999998), which gives the published counts.
 *
 * @module
 */

import type { TokenCounts } from "./masking_strategy.ts";

/**
 * Checks that a ratio is in (0, 1).
 *
 * @param where what is built, for the message
 * @throws {RangeError} if it is 0, 1 or outside
 */
export function checkRatio(where: string, option: string, ratio: number): void {
  if (!(ratio > 0 && ratio < 1)) {
    throw new RangeError(
      `Cannot build ${where}: ${option} must be in (0, 1), got ${ratio}`,
    );
  }
}

/** Tokens left after dropping a ratio of them: trunc((1 − ratio) · tokens). */
export function countKept(ratio: number, tokens: number): number {
  return Math.trunc((1 - ratio) * tokens);
}

/**
 * Counts for hiding a ratio of `places` that hold `tokensPerPlace` tokens each.
 *
 * @throws {RangeError} if no token would be visible or none hidden
 */
export function countHidden(
  strategy: string,
  maskRatio: number,
  places: number,
  tokensPerPlace: number,
): TokenCounts {
  const hidden = Math.trunc(maskRatio * places);
  if (hidden < 1 || hidden >= places) {
    const rest = hidden < 1 ? "target" : "visible";
    throw new RangeError(
      `Cannot run masking "${strategy}": maskRatio must leave a ${rest} token, ` +
        `got ${maskRatio}, which leaves 0 of ${places}`,
    );
  }
  return { visible: (places - hidden) * tokensPerPlace, target: hidden * tokensPerPlace };
}
