import {
  definePlugin,
  type Distance,
  DISTANCES,
  FIRST_TUBELETS,
  type FirstTubelet,
  partitionTokens,
  type Plugin,
  type RandomStream,
} from "@videoms/core";
import { type Keep, KEEPS } from "../importance/informative_tokens.ts";
import {
  checkTubelets,
  requireEmbeddings,
  tokenImportance,
} from "../importance/token_importance.ts";
import { checkRatio, countKept } from "./counts.ts";
import { checkStreams } from "./index_tensor.ts";
import type { MaskingStrategy } from "./masking_strategy.ts";

/** Options of {@linkcode motionCentric}. */
export interface MotionCentricOptions {
  /** Share of the clip's tokens that is not visible. @default 0.9 */
  maskRatio: number;
  /** Share of the clip's tokens that is dropped for moving too little. @default 0.7 */
  motionRatio: number;
  /** How far apart two successive embeddings of a place are. @default "l2" */
  distance: Distance;
  /** Importance of the first tubelet, which has no predecessor. @default "copy" */
  first: FirstTubelet;
  /** Whether the most or (as a control) the least important tokens are informative. @default "most" */
  keep: Keep;
}

/**
 * By the rank of its importance, whether an informative token is a target (1) or visible (0): those
 * with the `visible` smallest uniform draws are visible; of equal draws the first.
 */
function drawRoles(visible: number, target: number, random: RandomStream): Int32Array {
  const draws = random.uniforms(visible + target);
  const roles = new Int32Array(visible + target).fill(1);
  const order = Int32Array.from(draws.keys()).sort((a, b) => draws[a] - draws[b] || a - b);
  for (const rank of order.subarray(0, visible)) roles[rank] = 0;
  return roles;
}

function createMotionCentric(
  { maskRatio, motionRatio, distance, first, keep }: Readonly<MotionCentricOptions>,
): MaskingStrategy {
  const where = 'masking "motion-centric"';
  checkRatio(where, "maskRatio", maskRatio);
  checkRatio(where, "motionRatio", motionRatio);
  if (maskRatio <= motionRatio) {
    throw new RangeError(
      `Cannot set up ${where}: maskRatio must exceed motionRatio, or no target token is left, ` +
        `got ${maskRatio} and ${motionRatio}`,
    );
  }
  const counts: MaskingStrategy["counts"] = (grid) => {
    checkTubelets(grid);
    const informative = countKept(motionRatio, grid.tokens);
    const visible = countKept(maskRatio, grid.tokens);
    if (visible < 1) {
      throw new RangeError(
        `Cannot mask with "motion-centric": maskRatio must leave a visible token, ` +
          `got ${maskRatio}, which leaves ${visible} of ${grid.tokens}`,
      );
    }
    if (visible >= informative) {
      throw new RangeError(
        `Cannot mask with "motion-centric": motionRatio must leave more tokens than maskRatio, ` +
          `got ${motionRatio} and ${maskRatio}, which leave ${informative} and ${visible} ` +
          `of ${grid.tokens}, so no target`,
      );
    }
    return { visible, target: informative - visible };
  };
  return {
    name: "motion-centric",
    needsEmbeddings: true,
    counts,
    // deno-lint-ignore require-await -- throws become rejections, as the contract says
    async select({ grid, batch, embeddings, random }) {
      checkStreams(random, batch);
      const { visible, target } = counts(grid);
      const tokens = requireEmbeddings(embeddings, grid, batch);
      const importance = tokenImportance(tokens, grid, { distance, first });
      try {
        const roles = random.map((stream) => drawRoles(visible, target, stream));
        const { zeros, ones } = partitionTokens(importance, keep === "most", roles);
        return { visible: zeros, target: ones, importance };
      } catch (error) {
        importance.dispose();
        throw error;
      }
    },
  };
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
  summary: "encodes and reconstructs only the tokens that move most",
  defaults: { maskRatio: 0.9, motionRatio: 0.7, distance: "l2", first: "copy", keep: "most" },
  choices: { distance: DISTANCES, first: FIRST_TUBELETS, keep: KEEPS },
  help: {
    maskRatio: "share of the tokens that is not visible, in (0, 1)",
    motionRatio: "share of the tokens that is dropped, in (0, 1), below maskRatio",
    distance: "distance of successive embeddings: l2, l1 or cosine",
    first: "importance of the first tubelet: copy of the second's, zero, or the place's max",
    keep: "which tokens are informative: most or least important",
  },
  create: createMotionCentric,
});
