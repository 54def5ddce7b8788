import type { TokenGrid } from "@videoms/core";
import { agreement, meanAt, otherTokens, shareByTubelet, stability } from "./token_statistics.ts";

/** The tokens that a strategy chose of a clip in one draw; the others are dropped. */
export interface DrawnTokens {
  /** The tokens that the encoder sees. */
  readonly visible: Int32Array;
  /** The tokens that are predicted. */
  readonly target: Int32Array;
}

/** Compares the motion of some tokens with that of the others, by the mean difference of successive frames. */
export interface MotionContrast {
  /** Of the tokens, 0 to 255. */
  readonly inside: number;
  /** Of the others; null if there are none. */
  readonly outside: number | null;
  /** Inside over outside; null if there are no others, or they do not move at all. */
  readonly ratio: number | null;
}

/** Statistics of a strategy's choice. */
export interface SelectionStatistics {
  /** Tokens of the first draw. */
  readonly counts: { readonly visible: number; readonly target: number; readonly dropped: number };
  /** Share of the tokens that are kept (visible or targets) for each tubelet, mean over the draws. */
  readonly keptShare: readonly number[];
  /** Mean intersection over union of two draws; null for one draw. */
  readonly stability: { readonly visible: number | null; readonly kept: number | null };
  /** Dropped tokens that are as important as the least important kept one; null without importance. */
  readonly tiedAtCut: number | null;
  /** Kept tokens beside dropped ones. */
  readonly kept: MotionContrast;
  /** Visible tokens beside all others. */
  readonly visible: MotionContrast;
}

function keptOf({ visible, target }: DrawnTokens): Int32Array {
  return Int32Array.of(...visible, ...target);
}

/**
 * Compares the motion of sets of tokens with that of the others.
 *
 * @param motion of every token, [N], as {@linkcode tokenMotion} gives it
 */
export function motionContrast(motion: Float64Array, sets: readonly Int32Array[]): MotionContrast {
  const others = sets.map((set) => otherTokens(set, motion.length));
  const means = (one: readonly Int32Array[]) => meanAt(motion, one.flatMap((set) => [...set]));
  const inside = means(sets) ?? 0; // a strategy that keeps nothing is refused before
  const outside = means(others);
  return { inside, outside, ratio: outside ? inside / outside : null };
}

/**
 * Statistics of what a strategy chose of a clip.
 *
 * @param draws at least one
 * @param importance [N], what the first draw was chosen by; null for chance alone
 * @param motion of every token, [N]
 */
export function selectionStatistics(
  draws: readonly DrawnTokens[],
  importance: Float32Array | null,
  motion: Float64Array,
  grid: TokenGrid,
): SelectionStatistics {
  const kept = draws.map(keptOf);
  const visible = draws.map((draw) => draw.visible);
  const shares = kept.map((tokens) => shareByTubelet(tokens, grid));
  const dropped = otherTokens(kept[0], grid.tokens);
  const least = new Set(importance && Array.from(kept[0], (token) => importance[token]));
  return {
    counts: {
      visible: visible[0].length,
      target: draws[0].target.length,
      dropped: dropped.length,
    },
    keptShare: shares[0].map((_, t) => meanAt(shares.map((share) => share[t]), shares.keys())!),
    stability: { visible: stability(visible), kept: stability(kept) },
    tiedAtCut: importance && dropped.filter((token) => least.has(importance[token])).length,
    kept: motionContrast(motion, kept),
    visible: motionContrast(motion, visible),
  };
}

/** Mean intersection over union of what two strategies chose in the same draws. */
export function selectionAgreement(
  a: readonly DrawnTokens[],
  b: readonly DrawnTokens[],
): { visible: number; kept: number } {
  const mean = (set: (draw: DrawnTokens) => Int32Array) => {
    const values = a.map((draw, i) => agreement(set(draw), set(b[i])));
    return meanAt(values, values.keys())!;
  };
  return { visible: mean(({ visible }) => visible), kept: mean(keptOf) };
}
