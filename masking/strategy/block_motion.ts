import * as tf from "@tensorflow/tfjs-core";
import {
  definePlugin,
  type Distance,
  type FirstTubelet,
  type Plugin,
  type TokenGrid,
} from "@videoms/core";
import type { Keep } from "../importance/informative_tokens.ts";
import { requireTokens, tokenImportance } from "../importance/token_importance.ts";
import type { MaskingStrategy } from "./masking_strategy.ts";
import { MOTION_CHOICES, MOTION_DEFAULTS, MOTION_HELP, motionMasking } from "./motion_masking.ts";

/** Options of {@linkcode blockMotion}. */
export interface BlockMotionOptions {
  /** Share of the clip's tokens that is not visible. @default 0.9 */
  maskRatio: number;
  /** Share of the clip's tokens that is dropped: those that move least. @default 0.7 */
  motionRatio: number;
  /** Side of the square of positions over which motion is averaged; odd. @default 3 */
  side: number;
  /** Distance between a position's embeddings in successive tubelets. @default "l2" */
  distance: Distance;
  /** Importance of the first tubelet, which has no predecessor. @default "copy" */
  first: FirstTubelet;
  /** Whether the most or (as a control) the least important tokens are informative. @default "most" */
  keep: Keep;
}

/** The mean over the square around each position, within its tubelet; at the border over the part inside. */
function smooth(importance: tf.Tensor2D, side: number, grid: TokenGrid): tf.Tensor2D {
  const { tubelets, rows, columns } = grid;
  return tf.tidy(() => {
    const [batch] = importance.shape;
    const images: tf.Tensor4D = tf.reshape(importance, [batch * tubelets, rows, columns, 1]);
    return tf.reshape(tf.avgPool(images, side, 1, "same"), importance.shape);
  });
}

/**
 * Motion-centric masking of connected regions: as {@linkcode motionCentric}, but a token's importance is the
 * mean over its neighbourhood, so that informative tokens form blocks and isolated noise is ignored.
 *
 * Source: this project's variant; EVEREST (ICML 2024) ranks tokens one by one.
 *
 * @throws {RangeError} if a ratio is not in (0, 1), `maskRatio` does not exceed `motionRatio`, or `side` is
 * not an odd whole number
 * @example
 * ```ts
 * import { gridOf } from "@videoms/core";
 * import { blockMotion } from "@videoms/masking";
 *
 * const strategy = blockMotion.create({ ...blockMotion.defaults, side: 5 });
 * console.assert(strategy.counts(gridOf(8, 14, 14)).target === 314);
 * ```
 */
export const blockMotion: Plugin<"masking", BlockMotionOptions, MaskingStrategy> = definePlugin<
  "masking",
  BlockMotionOptions,
  MaskingStrategy
>({
  kind: "masking",
  name: "block-motion",
  summary: "motion-centric, with motion averaged over neighbouring positions",
  defaults: { ...MOTION_DEFAULTS, side: 3, distance: "l2" },
  choices: MOTION_CHOICES,
  help: {
    ...MOTION_HELP,
    side: "side of the square of positions over which motion is averaged, odd",
    distance: "distance between successive embeddings: l2, l1 or cosine",
  },
  create: ({ side, distance, first, ...options }) => {
    if (!Number.isInteger(side) || side < 1 || side % 2 === 0) {
      throw new RangeError(
        `Cannot build masking "block-motion": side must be an odd whole number, got ${side}`,
      );
    }
    return motionMasking({
      ...options,
      name: "block-motion",
      needs: "embeddings",
      importanceOf({ embeddings, grid, batch }) {
        const tokens = requireTokens("embeddings", embeddings, grid, batch);
        const single = tokenImportance(tokens, grid, { distance, first });
        try {
          return smooth(single, side, grid);
        } finally {
          single.dispose();
        }
      },
    });
  },
});
