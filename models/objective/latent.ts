import * as tf from "@tensorflow/tfjs-core";
import { definePlugin, type Plugin } from "@videoms/core";
import { type Objective, requireFeatures } from "./objective.ts";

/** How far a prediction can be measured to be from the features. */
export const LATENT_DISTANCES = ["l1", "l2"] as const;

/** Options of {@linkcode latent}. */
export interface LatentObjectiveOptions {
  /** Mean of absolute (`l1`) or of squared (`l2`) differences. @default "l1" */
  distance: typeof LATENT_DISTANCES[number];
}

/** Added to the variance of a feature vector. */
const EPSILON = 1e-5;

/** Each vector with mean 0 and variance 1, so that its length cannot shrink. */
function standardized(features: tf.Tensor3D): tf.Tensor3D {
  const { mean, variance } = tf.moments(features, 2, true);
  return tf.div(tf.sub(features, mean), tf.sqrt(tf.add(variance, EPSILON)));
}

/**
 * Predicts features in place of pixels: those that the encoder's moving average (`optimizer.emaDecay`)
 * computes of the target tokens when it sees the whole clip, standardised token by token.
 *
 * Source: Bardes et al., "V-JEPA" (2024), section 3.1.
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
  summary: "predicts features of the encoder's moving average",
  defaults: { distance: "l1" },
  choices: { distance: LATENT_DISTANCES },
  help: { distance: "distance of prediction and features: l1 or l2" },
  create: ({ distance }): Objective => ({
    name: "latent",
    needsFeatures: true,
    values: (_geometry, width) => width,
    loss(prediction, targets) {
      const wanted = standardized(requireFeatures("latent", targets));
      const difference = tf.sub(prediction, wanted);
      return tf.mean(distance === "l1" ? tf.abs(difference) : tf.square(difference));
    },
  }),
});
