import * as tf from "@tensorflow/tfjs-core";
import { definePlugin, type Plugin } from "@videoms/core";
import { type Objective, requireFeatures } from "./objective.ts";

/** Options of {@linkcode latent}. */
export interface LatentObjectiveOptions {
  /** Mean of absolute (`l1`) or of squared (`l2`) differences. @default "l1" */
  distance: "l1" | "l2";
}

const EPSILON = 1e-5;

/** Features as they are predicted, [B, M, D]: each token's of mean 0 and variance 1, so that its length tells nothing. */
export function standardizedFeatures(features: tf.Tensor3D): tf.Tensor3D {
  const { mean, variance } = tf.moments(features, 2, true);
  return tf.div(tf.sub(features, mean), tf.sqrt(tf.add(variance, EPSILON)));
}

/**
 * Predicts features instead of pixels: the target tokens' features from the encoder's EMA
 * (`optimizer.emaDecay`), which sees the whole clip, normalised token by token. The decoder is V-JEPA's predictor: the
 * encoded tokens on a narrower width, a mask token at each target's position, and a head that leads back to the
 * encoder's width. Its mask token is one for all masks of a clip, where V-JEPA has one for each.
 *
 * Source: Bardes et al., "V-JEPA" (2024), section 3.1. There the EMA's decay goes from 0.998 to 1 in a straight line
 * (`optimizer.emaDecayEnd`), of which the published runs take the first four fifths, and each clip has two masks of
 * blocks (`several`, `multi-block`).
 *
 * @example
 * ```ts
 * import { latent } from "@videoms/models";
 *
 * const clip = { frames: 16, tubeletSize: 2, imageSize: 224, patchSize: 16 };
 * console.assert(latent.create({ distance: "l1" }).values(clip, 384) === 384);
 * ```
 */
export const latent: Plugin<"objective", LatentObjectiveOptions, Objective> = definePlugin<
  "objective",
  LatentObjectiveOptions,
  Objective
>({
  kind: "objective",
  name: "latent",
  summary: "predicts features of the encoder's EMA (V-JEPA)",
  defaults: { distance: "l1" },
  choices: { distance: ["l1", "l2"] },
  help: { distance: "distance between prediction and features: l1 or l2" },
  create: ({ distance }): Objective => ({
    name: "latent",
    needsFeatures: true,
    values: (_geometry, width) => width,
    loss(prediction, targets) {
      const wanted = standardizedFeatures(requireFeatures("latent", targets));
      const difference = tf.sub(prediction, wanted);
      return tf.mean(distance === "l1" ? tf.abs(difference) : tf.square(difference));
    },
  }),
});
