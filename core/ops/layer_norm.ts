import * as tf from "@tensorflow/tfjs-core";
import { activeKernels } from "./active_kernels.ts";
import { differentiable } from "./differentiable.ts";

/**
 * Layer normalisation over the last axis (Ba, Kiros, Hinton: arXiv 1607.06450), with the biased
 * variance.
 *
 * @param x [..., D]
 * @param scale [D]
 * @param offset [D]
 * @param epsilon added to the variance
 * @returns [..., D]
 */
export function layerNorm<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon = 1e-6,
): T {
  const rows = tf.reshape(x, [-1, scale.shape[0]]) as tf.Tensor2D;
  const y = differentiable<tf.Tensor2D>(
    [rows, scale, offset],
    () => {
      const { y, statistics } = activeKernels().layerNorm(rows, scale, offset, epsilon);
      return { value: y, saved: [rows, scale, statistics] };
    },
    (dy, saved) => {
      const [rows, scale, statistics] = saved as [tf.Tensor2D, tf.Tensor1D, tf.Tensor2D];
      const gradients = activeKernels().layerNormGradients(rows, scale, statistics, dy);
      return [gradients.dx, gradients.dScale, gradients.dOffset];
    },
  );
  return tf.reshape(y, x.shape) as T;
}
