import * as tf from "@tensorflow/tfjs-core";
import type { DenseKernels } from "../kernels/dense_kernels.ts";
import { tidy } from "../tidy.ts";

const INVERSE_SQRT_2 = Math.SQRT1_2;
const INVERSE_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

/** Φ(x) = ½(1 + erf(x/√2)). */
function normalCdf(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, INVERSE_SQRT_2)), 1), 0.5);
}

/** {@linkcode DenseKernels} in stock tfjs operations. */
export const referenceDense: DenseKernels = {
  linear: (x, w, b, add) =>
    tidy(() => {
      const product: tf.Tensor2D = tf.matMul(x, w);
      const y = b === null ? product : tf.add(product, b) as tf.Tensor2D;
      if (!add) return y;
      return tf.add(add.residual, add.factors ? referenceDense.scaleSamples(y, add.factors) : y);
    }),

  linearGradients: (x, w, dy, needsDx) =>
    tidy(() => ({
      dx: needsDx ? tf.matMul(dy, w, false, true) : null,
      dw: tf.matMul(x, dy, true, false),
      db: tf.sum(dy, 0) as tf.Tensor1D,
    })),

  linearGelu: (x, w, b) =>
    tidy(() => {
      const pre = referenceDense.linear(x, w, b);
      return { pre, y: referenceDense.gelu(pre) };
    }),

  geluLinearGradients: (pre, w, dy) =>
    tidy(() => {
      const { dx, dw, db } = referenceDense.linearGradients(referenceDense.gelu(pre), w, dy, true);
      return { dx: referenceDense.geluGradient(pre, dx!), dw, db };
    }),

  scaleSamples: (x, factors) =>
    tidy(() => {
      const samples = factors.shape[0];
      const bySample = tf.reshape(x, [samples, x.shape[0] / samples, x.shape[1]]);
      return tf.reshape(tf.mul(bySample, tf.reshape(factors, [samples, 1, 1])), x.shape);
    }),

  gelu: <T extends tf.Tensor>(x: T) => tidy(() => tf.mul(x, normalCdf(x)) as T),

  geluGradient: <T extends tf.Tensor>(x: T, dy: T) =>
    tidy(() => {
      const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), INVERSE_SQRT_2PI);
      return tf.mul(dy, tf.add(normalCdf(x), tf.mul(x, density))) as T;
    }),
};
