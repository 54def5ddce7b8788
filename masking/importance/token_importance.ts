import type * as tf from "@tensorflow/tfjs-core";
import { activeKernels, type Distance, type FirstTubelet, type TokenGrid } from "@videoms/core";

/** Options of {@linkcode tokenImportance}. */
export interface ImportanceOptions {
  /** Distance between a position's embeddings in successive tubelets. @default "l2" */
  distance?: Distance;
  /** Importance of the first tubelet, which has no predecessor. @default "copy" */
  first?: FirstTubelet;
}

/**
 * Checks that a grid has two successive tubelets.
 *
 * @throws {RangeError} if it has one tubelet
 */
export function checkTubelets(grid: TokenGrid): void {
  if (grid.tubelets < 2) {
    throw new RangeError(
      `Cannot run token selection: a clip must have at least 2 tubelets, got ${grid.tubelets}`,
    );
  }
}

/**
 * Checks a batch's token vectors against the grid and batch size.
 *
 * @param what name for messages
 * @throws {TypeError} if they are missing
 * @throws {RangeError} if their shape is not [batch, N, …]
 */
export function requireTokens(
  what: "embeddings" | "patches",
  tokens: tf.Tensor3D | undefined,
  grid: TokenGrid,
  batch: number,
): tf.Tensor3D {
  if (!tokens) {
    const name = what === "embeddings" ? "token embeddings" : "patches";
    throw new TypeError(`Cannot run token selection: ${name} must be given, got none`);
  }
  if (tokens.shape[0] !== batch) {
    throw new RangeError(
      `Cannot run token selection: ${what} must hold ${batch} clips, got ${tokens.shape[0]}`,
    );
  }
  checkTokens(what, tokens, grid);
  return tokens;
}

function checkTokens(what: string, tokens: tf.Tensor3D, grid: TokenGrid): void {
  if (tokens.shape[1] !== grid.tokens) {
    throw new RangeError(
      `Cannot run token selection: ${what} must hold the grid's ${grid.tokens} tokens, ` +
        `got ${tokens.shape[1]}`,
    );
  }
}

/**
 * Importance of every token: the distance between its embedding (or another vector for it) and that of the
 * same position one tubelet before. Always float32, since half precision would produce many ties.
 *
 * Source: EVEREST, section 3.1; the first tubelet "copy" as in the published code.
 *
 * @param embeddings [B, N, D], detached, before position embeddings are added
 * @returns float32 [B, N]; the caller disposes of it
 * @throws {RangeError} if the grid has one tubelet or another number of tokens
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gridOf, openDevice } from "@videoms/core";
 * import { tokenImportance } from "@videoms/masking";
 *
 * await openDevice({ backend: "cpu" });
 * const embeddings = tf.tensor3d([0, 0, 3, 4], [1, 2, 2]); // two tubelets of one place, D = 2
 * const importance = tokenImportance(embeddings, gridOf(2, 1, 1));
 * console.assert((await importance.data()).join() === "5,5");
 * ```
 */
export function tokenImportance(
  embeddings: tf.Tensor3D,
  grid: TokenGrid,
  { distance = "l2", first = "copy" }: ImportanceOptions = {},
): tf.Tensor2D {
  checkTubelets(grid);
  checkTokens("embeddings", embeddings, grid);
  return activeKernels().tokenDistances(embeddings, grid.perTubelet, distance, first);
}
