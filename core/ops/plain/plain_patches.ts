import * as tf from "@tensorflow/tfjs-core";
import { tokenGrid, valuesPerToken } from "../../grid/token_grid.ts";
import type { PatchKernels, PixelScale } from "../kernels/patch_kernels.ts";
import { tidy } from "../tidy.ts";
import { plainTokens } from "./plain_tokens.ts";

/** Added to the deviation of a patch, outside the square root. */
export const TARGET_EPSILON = 1e-6;

/** The mean of a tensor, axis by axis from the last: long float32 sums lose fewer digits so. */
function meanOfAll(x: tf.Tensor): tf.Scalar {
  let result = x;
  while (result.rank > 0) result = tf.mean(result, result.rank - 1);
  return result as tf.Scalar;
}

/** Rows of log-probabilities; `tf.logSoftmax` records a gradient of its own, which is not wanted. */
function logSoftmax(logits: tf.Tensor2D): tf.Tensor2D {
  const shifted = tf.sub(logits, tf.max(logits, 1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)));
}

/** Patches with their pixels in [0, 1]: [R, P] as [R, P/3, 3]. */
function unitPixels(patches: tf.Tensor2D, { mean, deviation }: PixelScale): tf.Tensor3D {
  const byChannel = tf.reshape(patches, [patches.shape[0], patches.shape[1] / 3, 3]);
  return tf.add(tf.mul(byChannel, tf.tensor1d([...deviation])), tf.tensor1d([...mean]));
}

/**
 * Each channel of each patch about its mean and over its deviation. The mean is taken twice, the second
 * time of what the first left: float32 sums of a bright patch with little contrast are off by a
 * visible share of its contrast.
 */
function normalized(pixels: tf.Tensor3D): tf.Tensor3D {
  const roughly = tf.sub(pixels, tf.mean(pixels, 1, true));
  const centred = tf.sub(roughly, tf.mean(roughly, 1, true));
  const variance = tf.div(tf.sum(tf.square(centred), 1, true), pixels.shape[1] - 1);
  return tf.div(centred, tf.add(tf.sqrt(variance), TARGET_EPSILON));
}

/** {@linkcode PatchKernels} in stock tfjs operations. */
export const plainPatches: PatchKernels = {
  pixels: (bytes) => tf.tensor1d(Int32Array.from(bytes), "int32"),

  patches: (pixels, batch, geometry, { mean, deviation }, index) =>
    tidy(() => {
      const { tubeletSize, patchSize } = geometry;
      const { tubelets, rows, columns, tokens } = tokenGrid(geometry);
      const unit = tf.reshape(tf.div(tf.cast(pixels, "float32"), 255), [-1, 3]);
      const normal = tf.div(tf.sub(unit, tf.tensor1d([...mean])), tf.tensor1d([...deviation]));
      // Rank 6 is the most that every backend transposes: a line of a patch keeps its channels.
      const split = tf.reshape(normal, [
        batch * tubelets,
        tubeletSize,
        rows,
        patchSize,
        columns,
        patchSize * 3,
      ]);
      const byToken = tf.transpose(split, [0, 2, 4, 1, 3, 5]);
      const all = tf.reshape(byToken, [batch, tokens, valuesPerToken(geometry)]) as tf.Tensor3D;
      return index === null ? all : plainTokens.gatherRows(all, index);
    }),

  reconstructionLoss: (prediction, patches, scale, normalize) =>
    tidy(() => {
      const pixels = unitPixels(patches, scale);
      const targets = tf.reshape(normalize ? normalized(pixels) : pixels, patches.shape);
      const difference = tf.sub(prediction, targets);
      return {
        loss: meanOfAll(tf.square(difference)),
        dPrediction: tf.mul(difference, 2 / difference.size) as tf.Tensor2D,
      };
    }),

  crossEntropy: (logits, targets) =>
    tidy(() => {
      const logProbabilities = logSoftmax(logits);
      const losses = tf.neg(tf.sum(tf.mul(targets, logProbabilities), 1));
      const excess = tf.sub(tf.exp(logProbabilities), targets);
      return {
        loss: tf.mean(losses) as tf.Scalar,
        dLogits: tf.mul(excess, 1 / logits.shape[0]) as tf.Tensor2D,
      };
    }),
};
