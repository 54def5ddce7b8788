import * as tf from "@tensorflow/tfjs-core";
import { activeKernels } from "./active_kernels.ts";
import { differentiable } from "./differentiable.ts";

/**
 * A dense layer on the last axis: `x · weight + bias`.
 *
 * @param x [..., in]
 * @param weight [in, out]
 * @param bias [out], or null for none
 * @returns [..., out]
 */
export function linear<T extends tf.Tensor>(
  x: T,
  weight: tf.Tensor2D,
  bias: tf.Tensor1D | null,
): T {
  return dense(x, weight, bias, true);
}

/** {@linkcode linear} on data: x gets no gradient, which saves most of the first layer's backward pass. */
export function linearOfData<T extends tf.Tensor>(
  x: T,
  weight: tf.Tensor2D,
  bias: tf.Tensor1D | null,
): T {
  return dense(x, weight, bias, false);
}

function dense<T extends tf.Tensor>(
  x: T,
  weight: tf.Tensor2D,
  bias: tf.Tensor1D | null,
  needsDx: boolean,
): T {
  const [width, outputs] = weight.shape;
  const rows = tf.reshape(x, [-1, width]) as tf.Tensor2D;
  const y = differentiable<tf.Tensor2D>(
    [...(needsDx ? [rows] : []), weight, ...(bias ? [bias] : [])],
    () => ({ value: activeKernels().linear(rows, weight, bias), saved: [rows, weight] }),
    (dy, saved) => {
      const [rows, weight] = saved as [tf.Tensor2D, tf.Tensor2D];
      const { dx, dw, db } = activeKernels().linearGradients(rows, weight, dy, needsDx);
      return [...(dx ? [dx] : []), dw, ...(bias ? [db] : [])];
    },
  );
  return tf.reshape(y, [...x.shape.slice(0, -1), outputs]) as tf.Tensor as T;
}
