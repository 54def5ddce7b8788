import type { ClipGeometry, TokenGrid } from "@videoms/core";
import { type DrawnTokens, tokenMotion } from "@videoms/masking";
import type { ChoiceFigures } from "./look_messages.ts";

/** The share of a clip's motion that lies in some tokens, from 0 to 1; 1 where nothing moves. */
function shareIn(motion: Float64Array, tokens: Iterable<number>): number {
  const whole = motion.reduce((sum, one) => sum + one, 0);
  let inside = 0;
  for (const token of tokens) inside += motion[token];
  return whole === 0 ? 1 : inside / whole;
}

/**
 * What a choice of tokens keeps of a clip.
 *
 * @param pixels u8, [F, H, W, 3]
 * @param macs what it costs
 */
export function choiceFigures(
  { visible, target }: DrawnTokens,
  pixels: Uint8Array,
  { geometry, grid }: { geometry: ClipGeometry; grid: TokenGrid },
  macs: number,
): ChoiceFigures {
  const motion = tokenMotion(pixels, geometry);
  const kept = new Set([...visible, ...target]); // a token may be both
  return {
    visible: visible.length,
    target: target.length,
    dropped: grid.tokens - kept.size,
    macs,
    motionVisible: shareIn(motion, visible),
    motionKept: shareIn(motion, kept),
  };
}
