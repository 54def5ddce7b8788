import { definePlugin, type Distance, type FirstTubelet, type Plugin } from "@videoms/core";
import type { Keep } from "../importance/informative_tokens.ts";
import { requireTokens, tokenImportance } from "../importance/token_importance.ts";
import type { MaskingStrategy } from "./masking_strategy.ts";
import { MOTION_CHOICES, MOTION_DEFAULTS, MOTION_HELP, motionMasking } from "./motion_masking.ts";

/** Options of {@linkcode frameDifference}. */
export interface FrameDifferenceOptions {
  /** Share of the clip's tokens that is not visible. @default 0.9 */
  maskRatio: number;
  /** Share of the clip's tokens that is dropped: those that move least. @default 0.7 */
  motionRatio: number;
  /** Distance between a position's patches in successive tubelets. @default "l1" */
  distance: Distance;
  /** Importance of the first tubelet, which has no predecessor. @default "copy" */
  first: FirstTubelet;
  /** Whether the most or (as a control) the least important tokens are informative. @default "most" */
  keep: Keep;
}

/**
 * Motion-centric masking by pixels: as {@linkcode motionCentric}, but importance is the distance between
 * patches rather than embeddings. What counts as motion then stays the same throughout training, and dropped
 * tokens need no embedding.
 *
 * Source: EVEREST (ICML 2024) compares its embeddings with such frame differences.
 *
 * @throws {RangeError} if a ratio is not in (0, 1) or `maskRatio` does not exceed `motionRatio`
 * @example
 * ```ts
 * import { gridOf } from "@videoms/core";
 * import { frameDifference } from "@videoms/masking";
 *
 * const strategy = frameDifference.create(frameDifference.defaults);
 * console.assert(strategy.counts(gridOf(8, 14, 14)).target === 314);
 * ```
 */
export const frameDifference: Plugin<"masking", FrameDifferenceOptions, MaskingStrategy> =
  definePlugin<"masking", FrameDifferenceOptions, MaskingStrategy>({
    kind: "masking",
    name: "frame-difference",
    summary: "motion-centric, with pixel differences instead of embeddings",
    defaults: { ...MOTION_DEFAULTS, distance: "l1" },
    choices: MOTION_CHOICES,
    help: {
      ...MOTION_HELP,
      distance: "distance between successive patches: l2, l1 or cosine",
    },
    create: ({ distance, first, ...options }) =>
      motionMasking({
        ...options,
        name: "frame-difference",
        needs: "patches",
        importanceOf: ({ patches, grid, batch }) =>
          tokenImportance(requireTokens("patches", patches, grid, batch), grid, {
            distance,
            first,
          }),
      }),
  });
