import { formatPercent } from "@videoms/core/plain";
import { basename } from "node:path";
import type { Descriptor } from "@videoms/core";
import {
  countTied,
  type MotionContrast,
  motionContrast,
  selectionAgreement,
  type SelectionStatistics,
  selectionStatistics,
  tokenMotion,
} from "@videoms/masking";
import type { LookedClip } from "./look_at_clip.ts";
import type { LookSource } from "./look_source.ts";

/** What a strategy's choice is like. */
export interface StrategyStatistics extends SelectionStatistics {
  readonly masking: Descriptor<"masking">;
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

export function lookStatistics(clip: LookedClip, source: LookSource): LookStatistics {
  const { video, candidates, frames, pixels, importance, strategies, kept } = clip;
  const motion = tokenMotion(pixels, source.model.options.geometry);
  return {
    video: video.record.path,
    source: source.caption,
    frames: { video: video.record.frames, candidates: [...candidates], kept: [...frames] },
    epochs: strategies[0]?.draws.length ?? 0,
    tied: importance && { tokens: countTied(importance), ofTokens: importance.length },
    strategies: strategies.map(({ masking, draws, importance }) => ({
      masking,
      ...selectionStatistics(draws, importance, motion, source.model.grid),
    })),
    agreement: strategies.flatMap((a, i) =>
      strategies.slice(i + 1).map((b, j) => ({
        between: [i, i + 1 + j] as const,
        ...selectionAgreement(a.draws, b.draws),
      }))
    ),
    fineTuning: kept && { tokens: kept.length, kept: motionContrast(motion, [kept]) },
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
