import * as tf from "@tensorflow/tfjs-core";
import { activeKernels } from "@videoms/core";

/**
 * The fixed sine-cosine table of token positions, over the flattened token index (Vaswani et al.:
 * arXiv 1706.03762): with `a = n / 10000^(2⌊j/2⌋ / width)`, entry (n, j) is `sin a` for even j and
 * `cos a` for odd j. Computed in float64.
 *
 * @returns row-major [tokens, width]
 */
export function positionTable(tokens: number, width: number): Float32Array {
  const table = new Float32Array(tokens * width);
  for (let j = 0; j < width; j++) {
    const wave = 10000 ** (2 * Math.floor(j / 2) / width);
    const value = j % 2 === 0 ? Math.sin : Math.cos;
    for (let n = 0; n < tokens; n++) table[n * width + j] = value(n / wave);
  }
  return table;
}

/**
 * Adds to each token the position it has in the clip.
 *
 * @param x [B, K, D]
 * @param table [N, D]
 * @param index int32 [B, K], the tokens' places in the clip
 */
export function addPositions(x: tf.Tensor3D, table: tf.Tensor2D, index: tf.Tensor2D): tf.Tensor3D {
  return tf.add(x, positionsAt(table, index));
}

/** Positions [B, K, D] of the tokens that int32 [B, K] names; they are constants, without a gradient. */
export function positionsAt(table: tf.Tensor2D, index: tf.Tensor2D): tf.Tensor3D {
  const [tokens, width] = table.shape;
  const rows = activeKernels().gatherRows(
    tf.reshape(table, [1, tokens, width]),
    tf.reshape(index, [1, index.size]),
  );
  return tf.reshape(rows, [...index.shape, width]);
}
