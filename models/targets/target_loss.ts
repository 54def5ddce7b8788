import * as tf from "@tensorflow/tfjs-core";
import { binaryCrossEntropy, smoothL1Error, squaredError } from "@videoms/core";
import { type NumberError, scoresOfTargets, type Targets } from "./targets.ts";

/**
 * The loss of scores: binary cross-entropy of labels, or the error of numbers in standard deviations; averaged over
 * clips and names.
 *
 * @param scores [B, C]
 * @param wanted [B, C], a clip's values one after another, in their own units
 */
export function targetLoss(
  scores: tf.Tensor2D,
  wanted: ArrayLike<number>,
  targets: Targets,
  error: NumberError,
): tf.Scalar {
  const values = tf.tensor2d(scoresOfTargets(targets, wanted), scores.shape);
  if (targets.kind === "labels") return binaryCrossEntropy(scores, values);
  return error === "squared" ? squaredError(scores, values) : smoothL1Error(scores, values);
}
