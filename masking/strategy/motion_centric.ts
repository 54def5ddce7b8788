import { definePlugin, type Distance, type FirstTubelet, type Plugin } from "@videoms/core";
import type { Keep } from "../importance/informative_tokens.ts";
import { requireTokens, tokenImportance } from "../importance/token_importance.ts";
import type { MaskingStrategy } from "./masking_strategy.ts";
import { MOTION_CHOICES, MOTION_DEFAULTS, MOTION_HELP, motionMasking } from "./motion_masking.ts";

/** Options of {@linkcode motionCentric}. */
export interface MotionCentricOptions {
  /** Share of the clip's tokens that is not visible. @default 0.9 */
  maskRatio: number;
  /** Share of the clip's tokens that is dropped: those that move least. @default 0.7 */
  motionRatio: number;
  /** Distance between a position's embeddings in successive tubelets. @default "l2" */
  distance: Distance;
  /** Importance of the first tubelet, which has no predecessor. @default "copy" */
  first: FirstTubelet;
  /** Whether the most or (as a control) the least important tokens are informative. @default "most" */
  keep: Keep;
}

/**
 * Motion-centric masking: of the K = trunc((1 − motionRatio) · N) tokens that move most,
 * trunc((1 − maskRatio) · N) drawn at random are visible and the rest of the K are targets; all
 * other tokens are dropped.
 *
 * Source: Hwang et al., "EVEREST: Efficient Masked Video Autoencoder by Removing Redundant
 * Spatiotemporal Tokens" (ICML 2024), section 3.
 *
 * @throws {RangeError} if a ratio is not in (0, 1) or `maskRatio` does not exceed `motionRatio`
 * @example
 * ```ts
 * import { gridOf } from "@videoms/core";
 * import { motionCentric } from "@videoms/masking";
 *
 * const strategy = motionCentric.create({ ...motionCentric.defaults, motionRatio: 0.7 });
 * const { visible, target } = strategy.counts(gridOf(8, 14, 14));
 * console.assert(visible === 156 && target === 314);
 * ```
 */
export const motionCentric: Plugin<"masking", MotionCentricOptions, MaskingStrategy> = definePlugin<
  "masking",
  MotionCentricOptions,
  MaskingStrategy
>({
  kind: "masking",
  name: "motion-centric",
  summary: "encodes and reconstructs only the tokens that move most (EVEREST)",
  defaults: { ...MOTION_DEFAULTS, distance: "l2" },
  choices: MOTION_CHOICES,
  help: {
    ...MOTION_HELP,
    distance: "distance between successive embeddings: l2, l1 or cosine",
  },
  create: ({ distance, first, ...options }) =>
    motionMasking({
      ...options,
      name: "motion-centric",
      needs: "embeddings",
      importanceOf: ({ embeddings, grid, batch }) =>
        tokenImportance(requireTokens("embeddings", embeddings, grid, batch), grid, {
          distance,
          first,
        }),
    }),
});
