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
