import { definePlugin, type Descriptor, type Plugin, type TokenGrid } from "@videoms/core";
import type { MaskingStrategy, TokenCounts } from "./masking_strategy.ts";
import { requireParts } from "./require_parts.ts";

/** A part of training with its own strategy. */
export interface MaskingStage {
  /** Training progress at which the stage ends, in (0, 1]. */
  until: number;
  /** The stage's masking strategy. */
  masking: Descriptor<"masking">;
}

/** Options of {@linkcode scheduled}. */
export interface ScheduledMaskingOptions {
  /** Consecutive stages; the last ends at 1. */
  stages: readonly MaskingStage[];
}

function checkStages(stages: readonly MaskingStage[]): void {
  const ends = stages.map(({ until }) => until);
  const ascend = ends.every((end, i) => end > (ends[i - 1] ?? 0));
  if (!ascend || ends.at(-1) !== 1) {
    throw new RangeError(
      `Cannot build masking "scheduled": stages must end at ascending shares of training, the last ` +
        `at 1, got ${ends.join(", ") || "none"}`,
    );
  }
}

/** The counts of the stage that needs most memory. */
function largestCounts(strategies: readonly MaskingStrategy[], grid: TokenGrid): TokenCounts {
  const size = ({ visible, target }: TokenCounts) => visible + target;
  return strategies.map((one) => one.counts(grid))
    .reduce((largest, one) => size(one) > size(largest) ? one : largest);
}

/**
 * A curriculum: training in stages, each with its own strategy or ratio. The stage depends on training
 * progress alone, so a resumed run is the same as an uninterrupted one. Held-out losses and pictures use the
 * last stage, so that they stay comparable.
 *
 * Source: this project's own; masking curricula with growing ratios are common.
 *
 * @throws {RangeError} if the ends do not ascend to 1, or as the strategies throw
 * @example
 * ```ts
 * import { createRegistry } from "@videoms/core";
 * import { type MaskingStrategy, motionCentric, scheduled, tube } from "@videoms/masking";
 *
 * const registry = createRegistry([scheduled, tube, motionCentric]);
 * const strategy = registry.create<MaskingStrategy>(scheduled({
 *   stages: [
 *     { until: 0.1, masking: tube({ maskRatio: 0.75 }) },
 *     { until: 1, masking: motionCentric() },
 *   ],
 * }));
 * console.assert(strategy.needsEmbeddings);
 * ```
 */
export const scheduled: Plugin<"masking", ScheduledMaskingOptions, MaskingStrategy> = definePlugin<
  "masking",
  ScheduledMaskingOptions,
  MaskingStrategy
>({
  kind: "masking",
  name: "scheduled",
  summary: "a curriculum: different strategies or ratios as training progresses",
  defaults: { stages: [] },
  help: { stages: "a list of { until, masking }, until being a share of training, the last 1" },
  create({ stages }, make) {
    checkStages(stages);
    const parts = requireParts("scheduled", "stages", stages.map(({ masking }) => masking), make);
    return {
      name: "scheduled",
      needsEmbeddings: parts.some((part) => part.needsEmbeddings),
      needsPatches: parts.some((part) => part.needsPatches),
      counts: (grid) => largestCounts(parts, grid),
      // deno-lint-ignore require-await -- throws become rejections, as the contract says
      async select(input) {
        const { progress = 1 } = input;
        const stage = stages.findIndex(({ until }) => progress < until);
        return parts.at(stage)!.select(input);
      },
    };
  },
});
