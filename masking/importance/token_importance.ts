import * as tf from "@tensorflow/tfjs-core";
import { tidy, type TokenGrid } from "@videoms/core";

/** How far apart two embeddings can be measured to be. */
export const DISTANCES = ["l2", "l1", "cosine"] as const;

/** L2: Euclidean; L1: sum of absolute differences; cosine: 1 − the cosine of the angle. */
export type Distance = typeof DISTANCES[number];

/** What the first tubelet's importance can be. */
export const FIRST_TUBELETS = ["copy", "zero", "max"] as const;

/**
 * The importance of the first tubelet, which has no predecessor: a copy of the second's, zero (its
 * tokens come last), or the largest that the same place has at any later time.
 */
export type FirstTubelet = typeof FIRST_TUBELETS[number];

/** Options of {@linkcode tokenImportance}. */
export interface ImportanceOptions {
  /** How far apart two successive embeddings of a place are. @default "l2" */
  distance?: Distance;
  /** Importance of the first tubelet, which has no predecessor. @default "copy" */
  first?: FirstTubelet;
}

/** Shorter vectors count as no direction at all in the cosine distance. */
const SMALLEST_NORM = 1e-12;

/**
 * Embeddings that differ by less than this share of their length did not move.
 *
 * Equal patches need not have equal embeddings: a matrix product may round the same row differently
 * at different places, by about 1e-6 of its length. That noise, which is another one on every device,
 * would rank the tokens of a still background. A change of one grey level in one pixel of a patch moves
 * its embedding by some 1e-4 of its length.
 */
const NOISE = 3e-5;

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
 * The embeddings of a batch, checked against the grid and batch size.
 *
 * @throws {TypeError} if they are missing
 * @throws {RangeError} if their shape is not [batch, N, D]
 */
export function requireEmbeddings(
  embeddings: tf.Tensor3D | undefined,
  grid: TokenGrid,
  batch: number,
): tf.Tensor3D {
  if (!embeddings) {
    throw new TypeError("Cannot measure motion: token embeddings must be given, got none");
  }
  if (embeddings.shape[0] !== batch) {
    throw new RangeError(
      `Cannot measure motion: embeddings must hold ${batch} clips, got ${embeddings.shape[0]}`,
    );
  }
  checkTokens(embeddings, grid);
  return embeddings;
}

function checkTokens(embeddings: tf.Tensor3D, grid: TokenGrid): void {
  if (embeddings.shape[1] !== grid.tokens) {
    throw new RangeError(
      `Cannot measure motion: embeddings must hold the grid's ${grid.tokens} tokens, ` +
        `got ${embeddings.shape[1]}`,
    );
  }
}

/** Vectors of length one; those shorter than {@linkcode SMALLEST_NORM} stay near zero. */
function directions(x: tf.Tensor3D): tf.Tensor3D {
  const norm = tf.sqrt(tf.sum(tf.square(x), 2, true));
  return tf.div(x, tf.maximum(norm, SMALLEST_NORM));
}

/** Distances of two [B, n, D] token by token, [B, n]; exactly 0 where only rounding differs. */
function distances(a: tf.Tensor3D, b: tf.Tensor3D, distance: Distance): tf.Tensor2D {
  switch (distance) {
    case "l2": {
      const squared = tf.sum(tf.square(tf.sub(a, b)), 2);
      const lengths = tf.add(tf.sum(tf.square(a), 2), tf.sum(tf.square(b), 2));
      return tf.sqrt(withoutNoise(squared, tf.mul(lengths, NOISE ** 2 / 2)));
    }
    case "l1": {
      const lengths = tf.add(tf.sum(tf.abs(a), 2), tf.sum(tf.abs(b), 2));
      return withoutNoise(tf.sum(tf.abs(tf.sub(a, b)), 2), tf.mul(lengths, NOISE / 2));
    }
    case "cosine": {
      // Half the squared distance of unit vectors is 1 − cosine, and exactly 0 for equal vectors.
      const difference = tf.sub(directions(a), directions(b));
      const halfSquared = tf.mul(tf.sum(tf.square(difference), 2), 0.5);
      return withoutNoise(halfSquared, tf.scalar(NOISE ** 2 / 2));
    }
  }
}

/** Values that do not exceed a limit become 0. */
function withoutNoise(values: tf.Tensor, limit: tf.Tensor): tf.Tensor2D {
  // NaN must stay NaN, so that the choice can refuse it: hence "not below" and not "above".
  return tf.where(tf.lessEqual(values, limit), tf.zerosLike(values), values) as tf.Tensor2D;
}

/** Importance of the first tubelet, [B, L], from the distances [B, N − L]. */
function firstTubelet(moved: tf.Tensor2D, grid: TokenGrid, first: FirstTubelet): tf.Tensor2D {
  const { tubelets, perTubelet } = grid;
  const batch = moved.shape[0];
  switch (first) {
    case "copy":
      return tf.slice(moved, [0, 0], [batch, perTubelet]);
    case "zero":
      return tf.zeros([batch, perTubelet]);
    case "max":
      return tf.max(tf.reshape(moved, [batch, tubelets - 1, perTubelet]), 1);
  }
}

/**
 * Importance of every token: how far its embedding is from that of the same place one tubelet
 * before. Always float32: half precision would make masses of ties.
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
  checkTokens(embeddings, grid);
  const [batch, tokens, width] = embeddings.shape;
  const size: [number, number, number] = [batch, tokens - grid.perTubelet, width];
  return tidy(() => {
    const x = tf.cast(embeddings, "float32");
    const before = tf.slice(x, [0, 0, 0], size);
    const after = tf.slice(x, [0, grid.perTubelet, 0], size);
    const moved = distances(after, before, distance);
    return tf.concat([firstTubelet(moved, grid, first), moved], 1);
  });
}
