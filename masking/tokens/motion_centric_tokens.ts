import { informativeTokens, type Keep } from "../importance/informative_tokens.ts";
import {
  checkTubelets,
  type ImportanceOptions,
  requireEmbeddings,
  tokenImportance,
} from "../importance/token_importance.ts";
import { checkRatio, countKept } from "../strategy/counts.ts";
import { indexTensor } from "../strategy/index_tensor.ts";
import type { TokenSelection } from "./token_selection.ts";

/** Options of {@linkcode motionCentricTokens}. */
export interface MotionCentricTokensOptions extends ImportanceOptions {
  /** Share of the tokens that is dropped. @default 0.4 */
  dropRatio?: number;
  /** Whether the most or (as a control) the least important tokens are kept. @default "most" */
  keep?: Keep;
}

/**
 * Keeps the trunc((1 − dropRatio) · N) tokens that move most, in training and in tests alike and
 * without chance.
 *
 * Source: EVEREST, section 3.3 (fine-tuning).
 *
 * @throws {RangeError} if `dropRatio` is not in (0, 1)
 * @example
 * ```ts
 * import { gridOf } from "@videoms/core";
 * import { motionCentricTokens } from "@videoms/masking";
 *
 * console.assert(motionCentricTokens({ dropRatio: 0.4 }).count(gridOf(8, 14, 14)) === 940);
 * ```
 */
export function motionCentricTokens(
  { dropRatio = 0.4, distance, first, keep }: MotionCentricTokensOptions = {},
): TokenSelection {
  checkRatio("motion-centric tokens", "dropRatio", dropRatio);
  const count: TokenSelection["count"] = (grid) => {
    checkTubelets(grid);
    const kept = countKept(dropRatio, grid.tokens);
    if (kept < 1) {
      throw new RangeError(
        `Cannot keep motion-centric tokens: dropRatio must leave a token, ` +
          `got ${dropRatio}, which leaves ${kept} of ${grid.tokens}`,
      );
    }
    return kept;
  };
  return {
    needsEmbeddings: true,
    count,
    async select({ grid, batch, embeddings }) {
      const kept = count(grid);
      const tokens = requireEmbeddings(embeddings, grid, batch);
      const importance = tokenImportance(tokens, grid, { distance, first });
      try {
        return indexTensor(await informativeTokens(importance, kept, keep), kept);
      } finally {
        importance.dispose();
      }
    },
  };
}
