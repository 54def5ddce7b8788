/**
 * An optimiser for VideoMS.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { definePlugin, type Plugin, type UpdateRule } from "@videoms/core";

/** Options of {@linkcode myModule}. */
export interface MyModuleOptions {
  /** Share of a moment that the next step keeps. @default 0.9 */
  momentum: number;
}

/**
 * Moves each weight against the running mean of its gradients, with decoupled weight decay. Change `update` to make
 * something else of a weight, its gradient and up to two moments: see `lion` and `lamb` in @videoms/models. Learning
 * rate, weight decay and `optimizer.betas` are handed to each step.
 */
export const myModule: Plugin<"optimizer", MyModuleOptions, UpdateRule> = definePlugin({
  kind: "optimizer",
  name: "my-module",
  summary: "steps against the running mean of gradients",
  defaults: { momentum: 0.9 },
  help: { momentum: "share of a moment that the next step keeps, in [0, 1)" },
  create({ momentum }: MyModuleOptions): UpdateRule {
    if (!(momentum >= 0 && momentum < 1)) {
      throw new RangeError(
        `Cannot build optimizer "my-module": momentum must be in [0, 1), got ${momentum}`,
      );
    }
    return {
      name: "my-module",
      moments: 1,
      update({ parameter, gradient, first: before }, { learningRate, weightDecay }) {
        const first = tf.add(tf.mul(before, momentum), tf.mul(gradient, 1 - momentum));
        const decayed = tf.mul(parameter, 1 - learningRate * weightDecay);
        return {
          parameter: tf.sub(decayed, tf.mul(first, learningRate)),
          first,
          second: null,
        };
      },
    };
  },
});
