import * as tf from "@tensorflow/tfjs-core";
import { PIXEL_DEVIATION, PIXEL_MEAN } from "./patchify.ts";

/** Added to the deviation of a channel; for whole patches to the variance. */
export const TARGET_EPSILON = 1e-6;

/** Over what target pixels can be normalised. */
export const TARGET_NORMS = ["channel", "patch", "none"] as const;

/** Each channel of a patch by itself, all values of a patch together, or not at all. */
export type TargetNorm = typeof TARGET_NORMS[number];

/** Patches with their pixels in [0, 1]: [..., P] as [rows, P/3, 3]. */
function unitPixels(patches: tf.Tensor): tf.Tensor3D {
  const byChannel = tf.reshape(patches, [-1, patches.shape[patches.rank - 1] / 3, 3]);
  return tf.add(tf.mul(byChannel, tf.tensor1d([...PIXEL_DEVIATION])), tf.tensor1d([...PIXEL_MEAN]));
}

/** Values about their mean, with the mean and the deviation. */
interface Statistics {
  /** [rows, values, columns]. */
  centred: tf.Tensor3D;
  /** [rows, 1, columns]. */
  mean: tf.Tensor3D;
  /** [rows, 1, columns]; of the unbiased variance. */
  deviation: tf.Tensor3D;
}

/** Pixels in [0, 1] such that those in a column are normalised together: [rows, values, columns]. */
function normGroups(patches: tf.Tensor, norm: TargetNorm): tf.Tensor3D {
  const pixels = unitPixels(patches);
  return norm === "patch" ? tf.reshape(pixels, [pixels.shape[0], -1, 1]) : pixels;
}

/**
 * Statistics of the columns. The mean is taken twice, the second time of what the first
 * left: float32 sums of a bright patch with little contrast are off by a visible share of its contrast.
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
    // As in the systems that each comes from.
    deviation: norm === "patch"
      ? tf.sqrt(tf.add(variance, TARGET_EPSILON))
      : tf.add(tf.sqrt(variance), TARGET_EPSILON),
  };
}

/**
 * What the decoder has to predict for the given patches: pixels in [0, 1], and unless `norm` is "none" with
 * the mean taken away and divided by the deviation, of each patch (He et al.: arXiv 2111.06377) or of each
 * channel of each patch (VideoMAE: arXiv 2203.12602). A constant patch gives zeros.
 *
 * @param patches normalised pixels [B, M, P]
 * @returns [B, M, P]
 */
export function reconstructionTargets(patches: tf.Tensor3D, norm: TargetNorm): tf.Tensor3D {
  return tf.tidy(() => {
    const pixels = normGroups(patches, norm);
    if (norm === "none") return tf.reshape(pixels, patches.shape);
    const { centred, deviation } = statisticsOf(pixels, norm);
    return tf.reshape(tf.div(centred, deviation), patches.shape);
  });
}

/**
 * Predictions as pixels in [0, 1].
 *
 * Normalised predictions say nothing about a patch's brightness and contrast; `statistics` are the
 * patches to take them from.
 *
 * @param prediction [B, M, P]
 * @param statistics normalised pixels [B, M, P] whose mean and deviation are given back, or null for
 * predictions of pixels themselves
 * @param norm what they were normalised over
 * @returns [B, M, P], not clipped
 */
export function predictedPixels(
  prediction: tf.Tensor3D,
  statistics: tf.Tensor3D | null,
  norm: TargetNorm = "channel",
): tf.Tensor3D {
  if (statistics === null) return tf.clone(prediction);
  return tf.tidy(() => {
    const { centred, mean, deviation } = statisticsOf(normGroups(statistics, norm), norm);
    const grouped = tf.reshape(prediction, centred.shape);
    return tf.reshape(tf.add(tf.mul(grouped, deviation), mean), prediction.shape);
  });
}
