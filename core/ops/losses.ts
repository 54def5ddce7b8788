import * as tf from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";

/** The mean of a tensor, axis by axis from the last: long float32 sums lose fewer digits so. */
function meanOfAll(x: tf.Tensor): tf.Scalar {
  let result = x;
  while (result.rank > 0) result = tf.mean(result, result.rank - 1);
  return result as tf.Scalar;
}

/**
 * Mean squared error over all elements; the gradient goes to the prediction only.
 *
 * @param prediction any shape
 * @param target the same shape
 */
export function meanSquaredError(prediction: tf.Tensor, target: tf.Tensor): tf.Scalar {
  return differentiable<tf.Scalar>(
    [prediction],
    () => {
      const difference = tf.sub(prediction, target);
      return { value: meanOfAll(tf.square(difference)), saved: [difference] };
    },
    (dy, [difference]) => [tf.mul(difference, tf.mul(dy, 2 / difference.size))],
  );
}

/**
 * Class targets with label smoothing: `1 − s + s/classes` for the label, `s/classes` elsewhere
 * (Szegedy et al.: arXiv 1512.00567).
 *
 * @param labels class of each sample, 0 … classes − 1
 * @returns [B, classes]
 */
export function smoothedTargets(
  labels: ArrayLike<number>,
  classes: number,
  smoothing: number,
): tf.Tensor2D {
  const rest = smoothing / classes;
  const values = new Float32Array(labels.length * classes).fill(rest);
  for (let b = 0; b < labels.length; b++) values[b * classes + labels[b]] = 1 - smoothing + rest;
  return tf.tensor2d(values, [labels.length, classes]);
}

/** Rows of log-probabilities; `tf.logSoftmax` records a gradient of its own, which is not wanted here. */
function logSoftmax(logits: tf.Tensor2D): tf.Tensor2D {
  const shifted = tf.sub(logits, tf.max(logits, 1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)));
}

/**
 * Cross-entropy of soft-max'd logits against (soft) targets, averaged over the batch:
 * `mean_b −Σ_c target · log softmax(logits)`.
 *
 * @param logits [B, classes]
 * @param targets [B, classes], rows sum to 1
 */
export function softmaxCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return differentiable<tf.Scalar>(
    [logits],
    () => {
      const logProbabilities = logSoftmax(logits);
      const losses = tf.neg(tf.sum(tf.mul(targets, logProbabilities), 1));
      return { value: tf.mean(losses) as tf.Scalar, saved: [logProbabilities, targets] };
    },
    (dy, [logProbabilities, targets]) => {
      const excess = tf.sub(tf.exp(logProbabilities), targets);
      return [tf.mul(excess, tf.mul(dy, 1 / logits.shape[0]))];
    },
  );
}
