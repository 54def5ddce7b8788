import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "@videoms/core";

/**
 * How many labels have the largest score, counted on the device by the rule of `topK`: of equal scores
 * the lower class counts as larger, and NaN as the largest.
 *
 * @param scores [B, classes]
 * @param labels [B]
 */
export function countRight(scores: tf.Tensor2D, labels: Int32Array): tf.Scalar {
  const [batch, classes] = scores.shape;
  const isOwn = new Uint8Array(batch * classes);
  const isLower = new Uint8Array(batch * classes);
  labels.forEach((label, b) => {
    isOwn[b * classes + label] = 1;
    isLower.fill(1, b * classes, b * classes + label);
  });
  return tidy(() => {
    const choose = (mask: Uint8Array, a: tf.Tensor, b: tf.Tensor) =>
      tf.where(tf.tensor2d(mask, [batch, classes], "bool"), a, b);
    const own = tf.sum(choose(isOwn, scores, tf.zerosLike(scores)), 1, true);
    const isBehind = choose(isLower, tf.less(scores, own), tf.lessEqual(scores, own));
    return tf.sum(tf.cast(tf.all(isBehind, 1), "float32")) as tf.Scalar;
  });
}
