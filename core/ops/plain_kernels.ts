import * as tf from "@tensorflow/tfjs-core";
import type { Kernels } from "./kernels.ts";
import { tidy } from "./tidy.ts";

/** Rows of each sample as rows of one matrix: index + sample · rows, flattened. */
function flatIndex(index: tf.Tensor2D, rows: number): tf.Tensor1D {
  const [batch] = index.shape;
  const base = tf.reshape(tf.mul(tf.range(0, batch, 1, "int32"), tf.scalar(rows, "int32")), [
    batch,
    1,
  ]);
  return tf.reshape(tf.add(index, base), [-1]);
}

/** q, k, v of packed qkv [B, N, 3D], each [B, heads, N, d]. */
function unpack(qkv: tf.Tensor3D, heads: number): [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] {
  const [batch, tokens, packed] = qkv.shape;
  const split = tf.reshape(qkv, [batch, tokens, 3, heads, packed / 3 / heads]);
  const [q, k, v] = tf.unstack(tf.transpose(split, [2, 0, 3, 1, 4]), 0);
  return [q, k, v] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
}

const INVERSE_SQRT_2 = Math.SQRT1_2;
const INVERSE_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

/** Φ(x) = ½(1 + erf(x/√2)). */
function normalCdf(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, INVERSE_SQRT_2)), 1), 0.5);
}

/**
 * {@linkcode Kernels} in stock tfjs operations: the oracle that every faster form is tested against,
 * and the form that a backend without its own kernels uses.
 */
export const plainKernels: Kernels = {
  linear: (x, w, b) =>
    tidy(() => {
      const y: tf.Tensor2D = tf.matMul(x, w);
      return b === null ? y : tf.add(y, b) as tf.Tensor2D;
    }),

  linearGradients: (x, w, dy, needsDx) =>
    tidy(() => ({
      dx: needsDx ? tf.matMul(dy, w, false, true) : null,
      dw: tf.matMul(x, dy, true, false),
      db: tf.sum(dy, 0) as tf.Tensor1D,
    })),

  layerNorm: (x, scale, offset, epsilon) =>
    tidy(() => {
      const mean = tf.mean(x, 1, true);
      const centred = tf.sub(x, mean);
      const rstd = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilon));
      return {
        y: tf.add(tf.mul(tf.mul(centred, rstd), scale), offset) as tf.Tensor2D,
        statistics: tf.concat([mean, rstd], 1) as tf.Tensor2D,
      };
    }),

  layerNormGradients: (x, scale, statistics, dy) =>
    tidy(() => {
      const [mean, rstd] = tf.split(statistics, 2, 1);
      const normal = tf.mul(tf.sub(x, mean), rstd);
      const scaled = tf.mul(dy, scale);
      const meanScaled = tf.mean(scaled, 1, true);
      const meanProduct = tf.mean(tf.mul(scaled, normal), 1, true);
      const inner = tf.sub(tf.sub(scaled, meanScaled), tf.mul(normal, meanProduct));
      return {
        dx: tf.mul(rstd, inner) as tf.Tensor2D,
        dScale: tf.sum(tf.mul(dy, normal), 0) as tf.Tensor1D,
        dOffset: tf.sum(dy, 0) as tf.Tensor1D,
      };
    }),

  gelu: <T extends tf.Tensor>(x: T) => tidy(() => tf.mul(x, normalCdf(x)) as T),

  geluGradient: <T extends tf.Tensor>(x: T, dy: T) =>
    tidy(() => {
      const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), INVERSE_SQRT_2PI);
      return tf.mul(dy, tf.add(normalCdf(x), tf.mul(x, density))) as T;
    }),

  attention: (qkv, heads) =>
    tidy(() => {
      const [batch, tokens, packed] = qkv.shape;
      const [q, k, v] = unpack(qkv, heads);
      const scores = tf.matMul(tf.mul(q, (packed / 3 / heads) ** -0.5), k, false, true);
      const probabilities = tf.softmax(scores);
      const mixed = tf.transpose(tf.matMul(probabilities, v), [0, 2, 1, 3]);
      return { y: tf.reshape(mixed, [batch, tokens, packed / 3]), saved: probabilities };
    }),

  attentionGradient: (qkv, heads, saved, dy) =>
    tidy(() => {
      const [batch, tokens, packed] = qkv.shape;
      const headWidth = packed / 3 / heads;
      const scale = headWidth ** -0.5;
      const [q, k, v] = unpack(qkv, heads);
      const byHead = tf.reshape(dy, [batch, tokens, heads, headWidth]);
      const dOut = tf.transpose(byHead, [0, 2, 1, 3]);
      const dProbabilities = tf.matMul(dOut, v, false, true);
      const weighted = tf.mul(dProbabilities, saved);
      const dScores = tf.mul(
        tf.sub(weighted, tf.mul(saved, tf.sum(weighted, -1, true))),
        scale,
      );
      const dq = tf.matMul(dScores, k);
      const dk = tf.matMul(dScores, q, true, false);
      const dv = tf.matMul(saved, dOut, true, false);
      const stacked = tf.transpose(tf.stack([dq, dk, dv]), [1, 3, 0, 2, 4]);
      return tf.reshape(stacked, [batch, tokens, packed]);
    }),

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
};
