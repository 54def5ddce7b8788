import type * as tf from "@tensorflow/tfjs-core";
import { activeKernels, type Distance, type FirstTubelet, type TokenGrid } from "@videoms/core";

/** Options of {@linkcode tokenImportance}. */
export interface ImportanceOptions {
  /** How far apart two successive embeddings of a place are. @default "l2" */
  distance?: Distance;
  /** Importance of the first tubelet, which has no predecessor. @default "copy" */
  first?: FirstTubelet;
}

/**
 * Refuses a grid without two successive tubelets.
 *
 * @throws {RangeError} if it has one tubelet
 */
export function checkTubelets(grid: TokenGrid): void {
  if (grid.tubelets < 2) {
    throw new RangeError(
      `Cannot measure motion: a clip must have at least 2 tubelets, got ${grid.tubelets}`,
    );
  }
}

/**
 * The vectors of a batch's tokens, checked against the grid and batch size.
 *
 * @param what what they are, for messages
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
    throw new TypeError(`Cannot measure motion: ${name} must be given, got none`);
  }
  if (tokens.shape[0] !== batch) {
    throw new RangeError(
      `Cannot measure motion: ${what} must hold ${batch} clips, got ${tokens.shape[0]}`,
    );
  }
  checkTokens(what, tokens, grid);
  return tokens;
}

function checkTokens(what: string, tokens: tf.Tensor3D, grid: TokenGrid): void {
  if (tokens.shape[1] !== grid.tokens) {
    throw new RangeError(
      `Cannot measure motion: ${what} must hold the grid's ${grid.tokens} tokens, ` +
        `got ${tokens.shape[1]}`,
    );
  }
}

/**
 * Importance of every token: how far its embedding (or another vector that stands for it) is from that of
 * the same place one tubelet before. Always float32: half precision would make masses of ties.
 *
 * Source: EVEREST, section 3.1; the first tubelet "copy" as in the published code.
 *
 * @param embeddings [B, N, D], before positions are added and detached: the result is meant for a
 * choice, which has no gradient
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
