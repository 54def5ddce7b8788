import * as tf from "@tensorflow/tfjs-core";
import { PIXEL_DEVIATION, PIXEL_MEAN } from "./patchify.ts";

/** Added to the deviation of a patch, outside the square root. */
export const TARGET_EPSILON = 1e-6;

/** Patches with their pixels in [0, 1]: [..., P] as [rows, P/3, 3]. */
function unitPixels(patches: tf.Tensor): tf.Tensor3D {
  const byChannel = tf.reshape(patches, [-1, patches.shape[patches.rank - 1] / 3, 3]);
  return tf.add(tf.mul(byChannel, tf.tensor1d([...PIXEL_DEVIATION])), tf.tensor1d([...PIXEL_MEAN]));
}

/** Pixels of a patch about their mean, with the mean and the deviation of each channel. */
interface ChannelStatistics {
  /** [rows, P/3, 3]. */
  centred: tf.Tensor3D;
  /** [rows, 1, 3]. */
  mean: tf.Tensor3D;
  /** [rows, 1, 3]; of the unbiased variance. */
  deviation: tf.Tensor3D;
}

/**
 * Statistics of each channel of each patch. The mean is taken twice, the second time of what the first
 * left: float32 sums of a bright patch with little contrast are off by a visible share of its contrast.
 */
function channelStatistics(pixels: tf.Tensor3D): ChannelStatistics {
  const roughMean: tf.Tensor3D = tf.mean(pixels, 1, true);
  const roughlyCentred = tf.sub(pixels, roughMean);
  const rest: tf.Tensor3D = tf.mean(roughlyCentred, 1, true);
  const centred: tf.Tensor3D = tf.sub(roughlyCentred, rest);
  const variance = tf.div(tf.sum(tf.square(centred), 1, true), pixels.shape[1] - 1);
  return {
    centred,
    mean: tf.add(roughMean, rest),
    deviation: tf.add(tf.sqrt(variance), TARGET_EPSILON),
  };
}

/**
 * What the decoder has to predict for the given patches.
 *
 * With `normalize`, each channel of each patch has its own mean taken away and is divided by its own
 * deviation (He et al.: arXiv 2111.06377, per channel as in VideoMAE, arXiv 2203.12602); a constant
 * patch gives zeros. Without, the pixels in [0, 1].
 *
 * @param patches normalised pixels [B, M, P]
 * @returns [B, M, P]
 */
export function reconstructionTargets(patches: tf.Tensor3D, normalize: boolean): tf.Tensor3D {
  return tf.tidy(() => {
    const pixels = unitPixels(patches);
    if (!normalize) return tf.reshape(pixels, patches.shape);
    const { centred, deviation } = channelStatistics(pixels);
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
 * @returns [B, M, P], not clipped
 */
export function predictedPixels(
  prediction: tf.Tensor3D,
  statistics: tf.Tensor3D | null,
): tf.Tensor3D {
  if (statistics === null) return tf.clone(prediction);
  return tf.tidy(() => {
    const { mean, deviation } = channelStatistics(unitPixels(statistics));
    const byChannel = tf.reshape(prediction, [-1, prediction.shape[2] / 3, 3]);
    return tf.reshape(tf.add(tf.mul(byChannel, deviation), mean), prediction.shape);
  });
}
