import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../ops/tidy.ts";

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
  const winsTies = new Uint8Array(batch * classes).fill(1);
  labels.forEach((label, b) => {
    isOwn[b * classes + label] = 1;
    winsTies.fill(0, b * classes, b * classes + label);
  });
  return tidy(() => {
    const mask = (values: Uint8Array) => tf.tensor2d(values, [batch, classes], "bool");
    const own = tf.sum(tf.where(mask(isOwn), scores, tf.zerosLike(scores)), 1, true);
    // Not chosen by tf.where, which corrupts the heap on tfjs's wasm backend where it chooses booleans.
    const isTie = tf.logicalAnd(tf.equal(scores, own), mask(winsTies));
    const isBehind = tf.logicalOr(tf.less(scores, own), isTie);
    return tf.sum(tf.cast(tf.all(isBehind, 1), "float32")) as tf.Scalar;
  });
}
