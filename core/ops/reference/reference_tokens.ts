import * as tf from "@tensorflow/tfjs-core";
import type { TokenKernels } from "../kernels/token_kernels.ts";
import { tidy } from "../tidy.ts";

/** Flattens per-sample row indices: index + sample · rows. */
export function flatIndex(index: tf.Tensor2D, rows: number): tf.Tensor1D {
  const [batch] = index.shape;
  const base = tf.reshape(tf.mul(tf.range(0, batch, 1, "int32"), tf.scalar(rows, "int32")), [
    batch,
    1,
  ]);
  return tf.reshape(tf.add(index, base), [-1]);
}

/** Rows of a table [N, D] at int32 [B, K], [B, K, D]. */
function rowsAt(table: tf.Tensor2D, index: tf.Tensor2D): tf.Tensor3D {
  return tf.gather<tf.Tensor>(table, index) as tf.Tensor3D;
}

/** {@linkcode TokenKernels} in stock tfjs operations. */
export const referenceTokens: TokenKernels = {
  gatherRows: (x, index) =>
    tidy(() => {
      const [batch, rows, width] = x.shape;
      const flat = tf.reshape(x, [batch * rows, width]);
      return tf.reshape(tf.gather(flat, flatIndex(index, rows)), [batch, index.shape[1], width]);
    }),

  scatterRows: (x, index, rows) =>
    tidy(() => {
      const [batch, kept, width] = x.shape;
      const where = tf.reshape(flatIndex(index, rows), [-1, 1]);
      const values = tf.reshape(x, [batch * kept, width]);
      return tf.reshape(tf.scatterND(where, values, [batch * rows, width]), [batch, rows, width]);
    }),

  addRows: (x, table, index) => tidy(() => tf.add(x, rowsAt(table, index)) as tf.Tensor3D),

  decoderTokens: (known, token, table, visible, target) =>
    tidy(() => {
      const hidden = tf.add(rowsAt(table, target), token) as tf.Tensor3D;
      return tf.concat([referenceTokens.addRows(known, table, visible), hidden], 1);
    }),

  decoderTokensGradients: (dy, known) =>
    tidy(() => {
      const [batch, tokens, width] = dy.shape;
      const [dKnown, dHidden] = tf.split(dy, [known, tokens - known], 1) as tf.Tensor3D[];
      const rows = tf.reshape(dHidden, [batch * (tokens - known), width]);
      return { dKnown, dToken: tf.sum(rows, 0) as tf.Tensor1D };
    }),

  tokensFrom: (x, from) => tf.slice(x, [0, from, 0]),

  tokensFromGradient: (dy, from) => tf.pad(dy, [[0, 0], [from, 0], [0, 0]]) as tf.Tensor3D,
};
