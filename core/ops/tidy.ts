import * as tf from "@tensorflow/tfjs-core";

/**
 * Runs a function and disposes of every tensor created in it, except for those in its result: a tensor, or an
 * array or object of tensors and nulls. Like `tf.tidy`, but preserves the result's type.
 */
export function tidy<T>(fn: () => T): T {
  return tf.tidy(fn as unknown as () => tf.TensorContainer) as unknown as T;
}
