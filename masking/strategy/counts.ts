/**
 * Counts of tokens from ratios. A ratio times a count is truncated in double arithmetic exactly as
 * written ((1 − 0.9) · 1568 uses 0.09999999999999998), because the method's published counts are.
 *
 * @module
 */

import type { TokenCounts } from "./masking_strategy.ts";

/**
 * Refuses a ratio outside (0, 1).
 *
 * @param where what is set up, for the message
 * @throws {RangeError} if it is 0, 1 or outside
 */
export function checkRatio(where: string, option: string, ratio: number): void {
  if (!(ratio > 0 && ratio < 1)) {
    throw new RangeError(
      `Cannot set up ${where}: ${option} must lie between 0 and 1, both excluded, got ${ratio}`,
    );
  }
}

/** Tokens that are left of `tokens` after dropping a ratio of them: trunc((1 − ratio) · tokens). */
export function countKept(ratio: number, tokens: number): number {
  return Math.trunc((1 - ratio) * tokens);
}

/**
 * Counts where a ratio of `places` is hidden, and each place holds `tokensPerPlace` tokens.
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
      `Cannot mask with "${strategy}": maskRatio must leave a ${rest} token, ` +
        `got ${maskRatio}, which leaves 0 of ${places}`,
    );
  }
  return { visible: (places - hidden) * tokensPerPlace, target: hidden * tokensPerPlace };
}
