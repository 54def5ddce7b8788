import * as tf from "@tensorflow/tfjs-core";
import { tokenGrid, valuesPerToken } from "../../grid/token_grid.ts";
import type { PatchKernels, PixelScale } from "../kernels/patch_kernels.ts";
import { tidy } from "../tidy.ts";
import { referenceTokens } from "./reference_tokens.ts";

/** Added to the std of a patch. */
export const TARGET_EPSILON = 1e-6;

/** The mean of a tensor, axis by axis from the last, since long float32 sums lose precision. */
function meanOfAll(x: tf.Tensor): tf.Scalar {
  let result = x;
  while (result.rank > 0) result = tf.mean(result, result.rank - 1);
  return result as tf.Scalar;
}

/** Log-softmax of rows; `tf.logSoftmax` would record its own gradient. */
function logSoftmax(logits: tf.Tensor2D): tf.Tensor2D {
  const shifted = tf.sub(logits, tf.max(logits, 1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)));
}

/** Patches [R, P] as pixels in [0, 1], [R, P/3, 3]. */
function unitPixels(patches: tf.Tensor2D, { mean, std }: PixelScale): tf.Tensor3D {
  const byChannel = tf.reshape(patches, [patches.shape[0], patches.shape[1] / 3, 3]);
  return tf.add(tf.mul(byChannel, tf.tensor1d([...std])), tf.tensor1d([...mean]));
}

/**
 * Normalises each channel of each patch. The mean is subtracted twice: for a bright patch with little
 * contrast, the rounding error of one float32 mean is a visible share of the contrast.
 */
function normalized(pixels: tf.Tensor3D): tf.Tensor3D {
  const roughly = tf.sub(pixels, tf.mean(pixels, 1, true));
  const centred = tf.sub(roughly, tf.mean(roughly, 1, true));
  const variance = tf.div(tf.sum(tf.square(centred), 1, true), pixels.shape[1] - 1);
  return tf.div(centred, tf.add(tf.sqrt(variance), TARGET_EPSILON));
}

/** {@linkcode PatchKernels} in stock tfjs operations. */
export const referencePatches: PatchKernels = {
  pixels: (bytes) => tf.tensor1d(Int32Array.from(bytes), "int32"),

  patches: (pixels, batch, geometry, { mean, std }, index) =>
    tidy(() => {
      const { tubeletSize, patchSize } = geometry;
      const { tubelets, rows, columns, tokens } = tokenGrid(geometry);
      const unit = tf.reshape(tf.div(tf.cast(pixels, "float32"), 255), [-1, 3]);
      const normal = tf.div(tf.sub(unit, tf.tensor1d([...mean])), tf.tensor1d([...std]));
      // Every backend transposes at most rank 6, so the channels of a patch's row stay together.
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
      return index === null ? all : referenceTokens.gatherRows(all, index);
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
