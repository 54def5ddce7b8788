import * as tf from "@tensorflow/tfjs-core";
import { activeKernels } from "./active_kernels.ts";
import { differentiable } from "./differentiable.ts";

/**
 * Layer normalisation over the last axis (Ba, Kiros, Hinton: arXiv 1607.06450), with the biased
 * variance.
 *
 * @param x [..., D]
 * @param weight [D], gamma
 * @param bias [D], beta
 * @param epsilon added to the variance
 * @returns [..., D]
 */
export function layerNorm<T extends tf.Tensor>(
  x: T,
  weight: tf.Tensor1D,
  bias: tf.Tensor1D,
  epsilon = 1e-6,
): T {
  const rows = tf.reshape(x, [-1, weight.shape[0]]) as tf.Tensor2D;
  const y = differentiable<tf.Tensor2D>(
    [rows, weight, bias],
    () => {
      const { y, statistics } = activeKernels().layerNorm(rows, weight, bias, epsilon);
      return { value: y, saved: [rows, weight, statistics] };
    },
    (dy, saved) => {
      const [rows, weight, statistics] = saved as [tf.Tensor2D, tf.Tensor1D, tf.Tensor2D];
      const gradients = activeKernels().layerNormGradients(rows, weight, statistics, dy);
      return [gradients.dx, gradients.dScale, gradients.dOffset];
    },
  );
  return tf.reshape(y, x.shape) as T;
}
