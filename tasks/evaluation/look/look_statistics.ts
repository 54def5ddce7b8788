import { formatPercent } from "../../output/progress/format.ts";
import { basename } from "node:path";
import type { Descriptor } from "@videoms/core";
import type { DrawnTokens, LookedClip, LookedStrategy } from "./look_at_clip.ts";
import type { LookSource } from "./look_source.ts";
import {
  agreement,
  countTied,
  meanAt,
  otherTokens,
  shareByTubelet,
  stability,
  tokenMotion,
} from "@videoms/masking";

/** How much a set of tokens moves beside the other tokens, by the mean difference of successive frames. */
export interface MotionContrast {
  /** Of the tokens in the set, 0 to 255. */
  readonly inside: number;
  /** Of the others; null if there are none. */
  readonly outside: number | null;
  /** Inside over outside; null if there are no others, or they do not move at all. */
  readonly ratio: number | null;
}

/** What a strategy's choice is like. */
export interface StrategyStatistics {
  readonly masking: Descriptor<"masking">;
  readonly counts: { readonly visible: number; readonly target: number; readonly dropped: number };
  /** Share of the tokens that are kept (visible or targets) for each tubelet, mean over the epochs. */
  readonly keptShare: readonly number[];
  /** Mean intersection over union of the choices of two epochs; null for one epoch. */
  readonly stability: { readonly visible: number | null; readonly kept: number | null };
  /** Dropped tokens that are as important as the least important kept one; null if chance chose. */
  readonly tiedAtCut: number | null;
  /** Kept tokens beside dropped ones. */
  readonly kept: MotionContrast;
  /** Visible tokens beside all others. */
  readonly visible: MotionContrast;
}

/** What the choices of a clip's tokens are like. */
export interface LookStatistics {
  readonly video: string;
  /** What importance was measured on. */
  readonly source: string;
  readonly frames: {
    readonly video: number;
    readonly candidates: readonly number[];
    readonly kept: readonly number[];
  };
  readonly epochs: number;
  /** Tokens that share their importance with another one; null for clips of one tubelet. */
  readonly tied: { readonly tokens: number; readonly ofTokens: number } | null;
  readonly strategies: readonly StrategyStatistics[];
  /** Mean intersection over union between two strategies, over the epochs. */
  readonly agreement: readonly {
    readonly between: readonly [number, number];
    readonly visible: number;
    readonly kept: number;
  }[];
  /** The tokens that fine-tuning keeps; null without a checkpoint. */
  readonly fineTuning: { readonly tokens: number; readonly kept: MotionContrast } | null;
}

/** Visible and target tokens of a draw. */
function keptOf({ visible, target }: DrawnTokens): Int32Array {
  return Int32Array.of(...visible, ...target);
}

function contrast(motion: Float64Array, sets: readonly Int32Array[]): MotionContrast {
  const others = sets.map((set) => otherTokens(set, motion.length));
  const means = (one: readonly Int32Array[]) => meanAt(motion, one.flatMap((set) => [...set]));
  const inside = means(sets) ?? 0; // a strategy that keeps nothing is refused before
  const outside = means(others);
  return { inside, outside, ratio: outside ? inside / outside : null };
}

/** Dropped tokens that the rule of ties left out. */
function countTiedAtCut(
  importance: Float32Array,
  draw: DrawnTokens,
): number {
  const kept = keptOf(draw);
  const inside = new Set(Array.from(kept, (token) => importance[token]));
  return otherTokens(kept, importance.length).filter((n) => inside.has(importance[n])).length;
}

function strategyStatistics(
  { masking, draws, importance }: LookedStrategy,
  motion: Float64Array,
  { model: { grid } }: LookSource,
): StrategyStatistics {
  const kept = draws.map(keptOf);
  const shares = kept.map((tokens) => shareByTubelet(tokens, grid));
  const [{ visible, target }] = draws;
  const dropped = grid.tokens - visible.length - target.length;
  return {
    masking,
    counts: { visible: visible.length, target: target.length, dropped },
    keptShare: Array.from(
      { length: grid.tubelets },
      (_, t) => shares.reduce((sum, share) => sum + share[t], 0) / shares.length,
    ),
    stability: {
      visible: stability(draws.map((draw) => draw.visible)),
      kept: stability(kept),
    },
    tiedAtCut: importance && countTiedAtCut(importance, draws[0]),
    kept: contrast(motion, kept),
    visible: contrast(motion, draws.map((draw) => draw.visible)),
  };
}

function agreements(strategies: readonly LookedStrategy[]): LookStatistics["agreement"] {
  const mean = (a: LookedStrategy, b: LookedStrategy, set: (draw: DrawnTokens) => Int32Array) => {
    const values = a.draws.map((draw, epoch) => agreement(set(draw), set(b.draws[epoch])));
    return meanAt(values, values.keys())!;
  };
  return strategies.flatMap((a, i) =>
    strategies.slice(i + 1).map((b, j) => ({
      between: [i, i + 1 + j] as const,
      visible: mean(a, b, ({ visible }) => visible),
      kept: mean(a, b, keptOf),
    }))
  );
}

export function lookStatistics(clip: LookedClip, source: LookSource): LookStatistics {
  const { video, candidates, frames, pixels, importance, strategies, kept } = clip;
  const motion = tokenMotion(pixels, source.model.options.geometry);
  return {
    video: video.record.path,
    source: source.caption,
    frames: { video: video.record.frames, candidates: [...candidates], kept: [...frames] },
    epochs: strategies[0]?.draws.length ?? 0,
    tied: importance && { tokens: countTied(importance), ofTokens: importance.length },
    strategies: strategies.map((one) => strategyStatistics(one, motion, source)),
    agreement: agreements(strategies),
    fineTuning: kept && { tokens: kept.length, kept: contrast(motion, [kept]) },
  };
}

function contrastText(name: string, { inside, outside, ratio }: MotionContrast): string {
  if (outside === null) return `${name}: every token, mean frame difference ${inside.toFixed(2)}`;
  const times = ratio === null ? "" : ` (${ratio.toFixed(2)}×)`;
  return `${name}: mean frame difference ${inside.toFixed(2)} inside, ${
    outside.toFixed(2)
  } outside${times}`;
}

function strategyLines(one: StrategyStatistics, epochs: number): string[] {
  const { masking, counts, keptShare, stability, tiedAtCut, kept, visible } = one;
  const lines = [
    `${masking.name}: ${counts.visible} visible, ${counts.target} targets, ${counts.dropped} dropped`,
    contrastText("  kept", kept),
    contrastText("  visible", visible),
    `  kept by tubelet: ${keptShare.map((share) => formatPercent(share, 0)).join(", ")}`,
  ];
  if (stability.kept !== null) {
    lines.push(
      `  overlap of two of ${epochs} epochs: visible ${formatPercent(stability.visible!, 0)}, ` +
        `kept ${formatPercent(stability.kept, 0)}`,
    );
  }
  if (tiedAtCut !== null) lines.push(`  dropped though as important as a kept token: ${tiedAtCut}`);
  return lines;
}

export function lookText(statistics: LookStatistics): string {
  const { video, source, frames, epochs, tied, strategies, agreement, fineTuning } = statistics;
  const name = (i: number) => strategies[i].masking.name;
  return [
    `${basename(video)}: ${frames.kept.length} of ${frames.video} frames; ${source}`,
    ...(tied ? [`tied importance: ${tied.tokens} of ${tied.ofTokens} tokens`] : []),
    ...strategies.flatMap((one) => strategyLines(one, epochs)),
    ...agreement.map(({ between: [a, b], visible, kept }) =>
      `overlap of ${name(a)} and ${name(b)}: visible ${formatPercent(visible, 0)}, kept ${
        formatPercent(kept, 0)
      }`
    ),
    ...(fineTuning
      ? [contrastText(`fine-tuning keeps ${fineTuning.tokens} tokens`, fineTuning.kept)]
      : []),
  ].join("\n");
}
