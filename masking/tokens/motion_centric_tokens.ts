import {
  definePlugin,
  type Distance,
  DISTANCES,
  FIRST_TUBELETS,
  type FirstTubelet,
  partitionTokens,
  type Plugin,
} from "@videoms/core";
import { type Keep, KEEPS } from "../importance/informative_tokens.ts";
import { checkTubelets, requireTokens, tokenImportance } from "../importance/token_importance.ts";
import { checkRatio, countKept } from "../strategy/counts.ts";
import type { TokenSelection } from "./token_selection.ts";

/** Options of {@linkcode motionCentricTokens}. */
export interface MotionCentricTokensOptions {
  /** Share of the tokens that is dropped. @default 0.4 */
  dropRatio: number;
  /** Distance between a position's embeddings in successive tubelets. @default "l2" */
  distance: Distance;
  /** Importance of the first tubelet, which has no predecessor. @default "copy" */
  first: FirstTubelet;
  /** Whether the most or (as a control) the least important tokens are kept. @default "most" */
  keep: Keep;
}

function createMotionCentricTokens(
  { dropRatio, distance, first, keep }: Readonly<MotionCentricTokensOptions>,
): TokenSelection {
  checkRatio("motion-centric tokens", "dropRatio", dropRatio);
  const count: TokenSelection["count"] = (grid) => {
    checkTubelets(grid);
    const kept = countKept(dropRatio, grid.tokens);
    if (kept < 1) {
      throw new RangeError(
        `Cannot run motion-centric tokens: dropRatio must leave a token, ` +
          `got ${dropRatio}, which leaves ${kept} of ${grid.tokens}`,
      );
    }
    return kept;
  };
  return {
    name: "motion-centric",
    needsEmbeddings: true,
    count,
    // deno-lint-ignore require-await -- throws become rejections, as the contract says
    async select({ grid, batch, embeddings }) {
      const kept = count(grid);
      const tokens = requireTokens("embeddings", embeddings, grid, batch);
      const importance = tokenImportance(tokens, grid, { distance, first });
      try {
        const roles = Array.from({ length: batch }, () => new Int32Array(kept));
        const { zeros, ones } = partitionTokens(importance, keep === "most", roles);
        ones.dispose();
        return zeros;
      } finally {
        importance.dispose();
      }
    },
  };
}

/**
 * Keeps the trunc((1 − dropRatio) · N) tokens that move most; deterministic in training and testing.
 *
 * Source: EVEREST, section 3.3 (fine-tuning).
 *
 * @throws {RangeError} if `dropRatio` is not in (0, 1)
 * @example
 * ```ts
 * import { gridOf } from "@videoms/core";
 * import { motionCentricTokens } from "@videoms/masking";
 *
 * const selection = motionCentricTokens.create({ ...motionCentricTokens.defaults, dropRatio: 0.4 });
 * console.assert(selection.count(gridOf(8, 14, 14)) === 940);
 * ```
 */
export const motionCentricTokens: Plugin<"tokens", MotionCentricTokensOptions, TokenSelection> =
  definePlugin<"tokens", MotionCentricTokensOptions, TokenSelection>({
    kind: "tokens",
    name: "motion-centric",
    summary: "keeps the tokens that move most",
    defaults: { dropRatio: 0.4, distance: "l2", first: "copy", keep: "most" },
    choices: { distance: DISTANCES, first: FIRST_TUBELETS, keep: KEEPS },
    help: {
      dropRatio: "share of the tokens that is dropped, in (0, 1)",
      distance: "distance between successive embeddings: l2, l1 or cosine",
      first:
        "importance of the first tubelet: copy (of the second tubelet's), zero, or max (of the position over time)",
      keep: "which tokens are kept: most or least important",
    },
    create: createMotionCentricTokens,
  });
