import { DISTANCES, FIRST_TUBELETS, partitionTokens, type RandomStream } from "@videoms/core";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import { type Keep, KEEPS } from "../importance/informative_tokens.ts";
import { checkTubelets } from "../importance/token_importance.ts";
import { checkRatio, countKept } from "./counts.ts";
import { checkStreams } from "./index_tensor.ts";
import type { MaskingInput, MaskingStrategy } from "./masking_strategy.ts";

/** Options that all strategies by importance share. */
export const MOTION_DEFAULTS = {
  maskRatio: 0.9,
  motionRatio: 0.7,
  first: "copy",
  keep: "most",
} as const;

export const MOTION_CHOICES = {
  distance: DISTANCES,
  first: FIRST_TUBELETS,
  keep: KEEPS,
} as const;

export const MOTION_HELP = {
  maskRatio: "share of the tokens that is not visible, in (0, 1)",
  motionRatio: "share of the tokens that is dropped, in (0, 1), below maskRatio",
  first:
    "importance of the first tubelet: copy (of the second tubelet's), zero, or max (of the position over time)",
  keep: "which tokens are informative: most or least important",
} as const;

/** Options of {@linkcode motionMasking}. */
export interface MotionMaskingOptions {
  /** The plugin's name. */
  name: string;
  /** Share of the clip's tokens that is not visible. */
  maskRatio: number;
  /** Share of the clip's tokens that is dropped: those that move least. */
  motionRatio: number;
  /** Whether the most or the least important tokens are informative. */
  keep: Keep;
  /** What importance is computed from. */
  needs: "embeddings" | "patches";
  /** Importance of every token, [B, N]; the caller disposes of it. */
  importanceOf(input: MaskingInput): Tensor2D;
}

/**
 * The role of each informative token, by rank of importance: 1 for a target, 0 for visible. The `visible`
 * smallest uniform draws are visible, the first on ties.
 */
function drawRoles(visible: number, target: number, random: RandomStream): Int32Array {
  const draws = random.uniforms(visible + target);
  const roles = new Int32Array(visible + target).fill(1);
  const order = Int32Array.from(draws.keys()).sort((a, b) => draws[a] - draws[b] || a - b);
  for (const rank of order.subarray(0, visible)) roles[rank] = 0;
  return roles;
}

/**
 * Masking by importance: of the K = trunc((1 − motionRatio) · N) most important tokens,
 * trunc((1 − maskRatio) · N) drawn at random are visible and the rest of the K are targets; all other
 * tokens are dropped.
 *
 * @throws {RangeError} if a ratio is not in (0, 1) or `maskRatio` does not exceed `motionRatio`
 */
export function motionMasking(
  { name, maskRatio, motionRatio, keep, needs, importanceOf }: MotionMaskingOptions,
): MaskingStrategy {
  const where = `masking "${name}"`;
  checkRatio(where, "maskRatio", maskRatio);
  checkRatio(where, "motionRatio", motionRatio);
  if (maskRatio <= motionRatio) {
    throw new RangeError(
      `Cannot build ${where}: maskRatio must exceed motionRatio, so that targets are left, ` +
        `got ${maskRatio} and ${motionRatio}`,
    );
  }
  const counts: MaskingStrategy["counts"] = (grid) => {
    checkTubelets(grid);
    const informative = countKept(motionRatio, grid.tokens);
    const visible = countKept(maskRatio, grid.tokens);
    if (visible < 1) {
      throw new RangeError(
        `Cannot run masking "${name}": maskRatio must leave a visible token, ` +
          `got ${maskRatio}, which leaves ${visible} of ${grid.tokens}`,
      );
    }
    if (visible >= informative) {
      throw new RangeError(
        `Cannot run masking "${name}": motionRatio must leave more tokens than maskRatio, ` +
          `got ${motionRatio} and ${maskRatio}, which leave ${informative} and ${visible} ` +
          `of ${grid.tokens}, so no target`,
      );
    }
    return { visible, target: informative - visible };
  };
  return {
    name,
    needsEmbeddings: needs === "embeddings",
    needsPatches: needs === "patches",
    counts,
    // deno-lint-ignore require-await -- throws become rejections, as the contract says
    async select(input) {
      const { grid, batch, random } = input;
      checkStreams(random, batch);
      const { visible, target } = counts(grid);
      const importance = importanceOf(input);
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
