import type { Distance, FirstTubelet } from "@videoms/core";
import { informativeTokens } from "../importance/informative_tokens.ts";
import { requireTokens, tokenImportance } from "../importance/token_importance.ts";
import { countKept } from "../strategy/counts.ts";
import { checkStreams } from "../strategy/index_tensor.ts";
import { drawTubelets, largestTubelets } from "./draw_tubelets.ts";
import type { NarrowInput } from "./frame_selector.ts";

/** What makes a token important. */
export interface TokenRating {
  readonly motionRatio: number;
  readonly distance: Distance;
  readonly first: FirstTubelet;
}

/**
 * The tubelets to keep, by the number of most important tokens in each.
 *
 * @returns for each clip of the batch, numbers of tubelets of the grid
 * @throws {RangeError} if the grid has fewer tubelets than are to be kept, or `motionRatio` leaves no token
 */
export async function narrowTubelets(
  { motionRatio, distance, first }: TokenRating,
  { embeddings, grid, tubelets, phase, random }: NarrowInput,
): Promise<Int32Array[]> {
  if (tubelets > grid.tubelets) {
    throw new RangeError(
      `Cannot run frames "information-intensive": the grid must have at least ${tubelets} candidate ` +
        `tubelets, got ${grid.tubelets}`,
    );
  }
  if (phase === "train") checkStreams(random, embeddings.shape[0]);
  const count = countKept(motionRatio, grid.tokens);
  if (count < 1) {
    throw new RangeError(
      `Cannot run frames "information-intensive": motionRatio must leave a token, ` +
        `got ${motionRatio}, which leaves ${count} of ${grid.tokens}`,
    );
  }
  const tokens = requireTokens("embeddings", embeddings, grid, embeddings.shape[0]);
  const importance = tokenImportance(tokens, grid, { distance, first });
  try {
    const informative = await informativeTokens(importance, count);
    return informative.map((row, b) => {
      const counts = new Int32Array(grid.tubelets);
      for (const n of row) counts[Math.floor(n / grid.perTubelet)]++;
      return phase === "train"
        ? drawTubelets(counts, tubelets, random[b])
        : largestTubelets(counts, tubelets);
    });
  } finally {
    importance.dispose();
  }
}
