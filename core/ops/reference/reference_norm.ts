import * as tf from "@tensorflow/tfjs-core";
import type { NormKernels } from "../kernels/norm_kernels.ts";
import { tidy } from "../tidy.ts";

/** {@linkcode NormKernels} in stock tfjs operations. */
export const referenceNorm: NormKernels = {
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

  layerNormGradients: (x, scale, statistics, dy, residual) =>
    tidy(() => {
      const [mean, rstd] = tf.split(statistics, 2, 1);
      const normal = tf.mul(tf.sub(x, mean), rstd);
      const scaled = tf.mul(dy, scale);
      const meanScaled = tf.mean(scaled, 1, true);
      const meanProduct = tf.mean(tf.mul(scaled, normal), 1, true);
      const inner = tf.sub(tf.sub(scaled, meanScaled), tf.mul(normal, meanProduct));
      const dx = tf.mul(rstd, inner) as tf.Tensor2D;
      return {
        dx: residual ? tf.add(dx, residual) as tf.Tensor2D : dx,
        dScale: tf.sum(tf.mul(dy, normal), 0) as tf.Tensor1D,
        dOffset: tf.sum(dy, 0) as tf.Tensor1D,
      };
    }),
};
