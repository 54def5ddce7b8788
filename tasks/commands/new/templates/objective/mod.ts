/**
 * An objective for VideoMS.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { definePlugin, type Plugin } from "@videoms/core";
import type { Objective } from "@videoms/models";

/** Options of {@linkcode myModule}. */
export interface MyModuleOptions {
  /** Factor of the loss. @default 1 */
  weight: number;
}

/**
 * Predicts the mean of each colour channel of the target tokens, with the mean squared error as loss.
 * Change `values` and `loss` to predict something else; with `needsFeatures` there are features of the
 * encoder's moving average to predict: see `latent` in @videoms/models.
 */
export const myModule: Plugin<"objective", MyModuleOptions, Objective> = definePlugin({
  kind: "objective",
  name: "my-module",
  summary: "predicts the mean colour of target tokens",
  defaults: { weight: 1 },
  help: { weight: "factor of the loss, above 0" },
  create({ weight }: MyModuleOptions): Objective {
    if (!(weight > 0)) {
      throw new RangeError(
        `Cannot build objective "my-module": weight must be above 0, got ${weight}`,
      );
    }
    return {
      name: "my-module",
      needsFeatures: false,
      values: () => 3,
      loss(prediction, { patches }) {
        const [batch, tokens, values] = patches.shape;
        const pixels = tf.reshape(patches, [batch, tokens, values / 3, 3]);
        const error = tf.squaredDifference(prediction, tf.mean(pixels, 2));
        return tf.mul(tf.mean(error), weight);
      },
    };
  },
});
