import * as tf from "@tensorflow/tfjs-core";
import { activeKernels } from "./active_kernels.ts";
import { differentiable } from "./differentiable.ts";
import type { PixelScale } from "./kernels/patch_kernels.ts";

/** A loss whose gradient is computed with its value; the incoming gradient is a factor. */
function loss(
  input: tf.Tensor,
  compute: () => { loss: tf.Scalar; gradient: tf.Tensor },
): tf.Scalar {
  return differentiable<tf.Scalar>(
    [input],
    () => {
      const { loss, gradient } = compute();
      return { value: loss, saved: [gradient] };
    },
    (dy, [gradient]) => [tf.mul(gradient, dy)],
  );
}

/**
 * Mean squared error of reconstructed patches; only the prediction gets a gradient.
 *
 * @param prediction [B, M, P]
 * @param patches normalised pixels of the targets [B, M, P]
 * @param scale the normalisation of bytes
 * @param normalize whether targets are normalised per patch (He et al.: arXiv 2111.06377) and channel
 * (VideoMAE: arXiv 2203.12602), or pixels in [0, 1]
 */
export function reconstructionLoss(
  prediction: tf.Tensor3D,
  patches: tf.Tensor3D,
  scale: PixelScale,
  normalize: boolean,
): tf.Scalar {
  const rows = (x: tf.Tensor3D) => tf.reshape(x, [-1, x.shape[2]]) as tf.Tensor2D;
  const [predicted, wanted] = [rows(prediction), rows(patches)];
  return loss(predicted, () => {
    const kernels = activeKernels();
    const { loss, dPrediction } = kernels.reconstructionLoss(predicted, wanted, scale, normalize);
    return { loss, gradient: dPrediction };
  });
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

/**
 * Softmax cross-entropy with (soft) targets, averaged over the batch: `mean_b −Σ_c target · log
 * softmax(logits)`.
 *
 * @param logits [B, classes]
 * @param targets [B, classes], rows sum to 1
 */
export function softmaxCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return loss(logits, () => {
    const { loss, dLogits } = activeKernels().crossEntropy(logits, targets);
    return { loss, gradient: dLogits };
  });
}

/**
 * Binary cross-entropy of independent labels, averaged over all of them: `mean −t log σ(x) − (1 − t) log (1 − σ(x))`.
 *
 * @param logits [B, C]
 * @param targets [B, C], 0 to 1
 */
export function binaryCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return elementLoss(logits, () => {
    // log(1 + exp(x)) without overflow.
    const rest = tf.log1p(tf.exp(tf.neg(tf.abs(logits))));
    const values = tf.add(tf.sub(tf.relu(logits), tf.mul(logits, targets)), rest);
    return { values, slopes: tf.sub(tf.sigmoid(logits), targets) };
  });
}

/**
 * Mean squared error.
 *
 * @param predicted [B, C]
 * @param targets [B, C]
 */
export function squaredError(predicted: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return elementLoss(predicted, () => {
    const off = tf.sub(predicted, targets);
    return { values: tf.square(off), slopes: tf.mul(off, 2) };
  });
}

/**
 * Smooth L1 error (Girshick: arXiv 1504.08083): half the square up to a distance of 1, beyond it the distance less a
 * half; averaged.
 *
 * @param predicted [B, C]
 * @param targets [B, C]
 */
export function smoothL1Error(predicted: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return elementLoss(predicted, () => {
    const off = tf.sub(predicted, targets);
    const near = tf.clipByValue(off, -1, 1);
    // near · (off − near / 2) is off² / 2 within 1 and |off| − 1 / 2 beyond.
    return { values: tf.mul(near, tf.sub(off, tf.mul(near, 0.5))), slopes: near };
  });
}

/** The mean of values, one for each element of the input, whose slopes are known. */
function elementLoss(
  input: tf.Tensor2D,
  compute: () => { values: tf.Tensor; slopes: tf.Tensor },
): tf.Scalar {
  return loss(input, () => {
    const { values, slopes } = compute();
    return { loss: tf.mean(values) as tf.Scalar, gradient: tf.div(slopes, input.size) };
  });
}
