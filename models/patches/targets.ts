import * as tf from "@tensorflow/tfjs-core";
import { PIXEL_MEAN, PIXEL_STD } from "./patchify.ts";

/** Added to the std of channels, or to the variance of whole patches. */
export const TARGET_EPSILON = 1e-6;

/** What target pixels can be normalised over. */
export const TARGET_NORMS = ["channel", "patch", "none"] as const;

/** Each channel of a patch by itself, all values of a patch together, or not at all. */
export type TargetNorm = typeof TARGET_NORMS[number];

/** Patches [..., P] as pixels in [0, 1], [rows, P/3, 3]. */
function unitPixels(patches: tf.Tensor): tf.Tensor3D {
  const byChannel = tf.reshape(patches, [-1, patches.shape[patches.rank - 1] / 3, 3]);
  return tf.add(tf.mul(byChannel, tf.tensor1d([...PIXEL_STD])), tf.tensor1d([...PIXEL_MEAN]));
}

/** Centred values with their mean and std. */
interface Statistics {
  /** [rows, values, columns]. */
  centred: tf.Tensor3D;
  /** [rows, 1, columns]. */
  mean: tf.Tensor3D;
  /** [rows, 1, columns], unbiased. */
  std: tf.Tensor3D;
}

/** Pixels in [0, 1] as [rows, values, columns], where each column is normalised together. */
function normGroups(patches: tf.Tensor, norm: TargetNorm): tf.Tensor3D {
  const pixels = unitPixels(patches);
  return norm === "patch" ? tf.reshape(pixels, [pixels.shape[0], -1, 1]) : pixels;
}

/**
 * Statistics of the columns. The mean is subtracted twice: for a bright patch with little contrast, the
 * rounding error of one float32 mean is a visible share of the contrast.
 */
function statisticsOf(pixels: tf.Tensor3D, norm: TargetNorm): Statistics {
  const roughMean: tf.Tensor3D = tf.mean(pixels, 1, true);
  const roughlyCentred = tf.sub(pixels, roughMean);
  const rest: tf.Tensor3D = tf.mean(roughlyCentred, 1, true);
  const centred: tf.Tensor3D = tf.sub(roughlyCentred, rest);
  const variance = tf.div(tf.sum(tf.square(centred), 1, true), pixels.shape[1] - 1);
  return {
    centred,
    mean: tf.add(roughMean, rest),
    // As in the implementations that each comes from.
    std: norm === "patch"
      ? tf.sqrt(tf.add(variance, TARGET_EPSILON))
      : tf.add(tf.sqrt(variance), TARGET_EPSILON),
  };
}

/**
 * Reconstruction targets: pixels in [0, 1], normalised by mean and std of each patch (He et al.: arXiv
 * 2111.06377), of each channel of each patch (VideoMAE: arXiv 2203.12602), or not at all. A constant patch
 * gives zeros.
 *
 * @param patches normalised pixels [B, M, P]
 * @returns [B, M, P]
 */
export function reconstructionTargets(patches: tf.Tensor3D, norm: TargetNorm): tf.Tensor3D {
  return tf.tidy(() => {
    const pixels = normGroups(patches, norm);
    if (norm === "none") return tf.reshape(pixels, patches.shape);
    const { centred, std } = statisticsOf(pixels, norm);
    return tf.reshape(tf.div(centred, std), patches.shape);
  });
}

/**
 * Predictions as pixels in [0, 1].
 *
 * Normalised predictions lack a patch's mean and std, which are taken from `statistics`.
 *
 * @param prediction [B, M, P]
 * @param statistics normalised pixels [B, M, P] whose mean and std are restored, or null if predictions are
 * not normalised
 * @param norm what predictions are normalised over
 * @returns [B, M, P], not clipped
 */
export function predictedPixels(
  prediction: tf.Tensor3D,
  statistics: tf.Tensor3D | null,
  norm: TargetNorm = "channel",
): tf.Tensor3D {
  if (statistics === null) return tf.clone(prediction);
  return tf.tidy(() => {
    const { centred, mean, std } = statisticsOf(normGroups(statistics, norm), norm);
    const grouped = tf.reshape(prediction, centred.shape);
    return tf.reshape(tf.add(tf.mul(grouped, std), mean), prediction.shape);
  });
}
