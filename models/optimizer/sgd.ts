import * as tf from "@tensorflow/tfjs-core";
import { definePlugin, type Plugin, type UpdateRule } from "@videoms/core";

/** Options of {@linkcode sgd}. */
export interface SgdOptions {
  /** Share of a step that the next one repeats. @default 0.9 */
  momentum: number;
  /** Whether a step looks ahead by its momentum (Nesterov). @default false */
  nesterov: boolean;
}

/**
 * Stochastic gradient descent with momentum and decoupled weight decay; `optimizer.betas` have no effect.
 *
 * @example
 * ```ts
 * import { sgd } from "@videoms/models";
 *
 * console.assert(sgd.create({ momentum: 0.9, nesterov: false }).moments === 1);
 * ```
 */
export const sgd: Plugin<"optimizer", SgdOptions, UpdateRule> = definePlugin<
  "optimizer",
  SgdOptions,
  UpdateRule
>({
  kind: "optimizer",
  name: "sgd",
  summary: "stochastic gradient descent with momentum",
  defaults: { momentum: 0.9, nesterov: false },
  help: {
    momentum: "share of a step that the next one repeats, in [0, 1)",
    nesterov: "look ahead by the momentum",
  },
  create({ momentum, nesterov }): UpdateRule {
    if (!(momentum >= 0 && momentum < 1)) {
      throw new RangeError(
        `Cannot build optimizer "sgd": momentum must be in [0, 1), got ${momentum}`,
      );
    }
    return {
      name: "sgd",
      moments: 1,
      update({ parameter, gradient, first: before }, { learningRate, weightDecay }) {
        const first = tf.add(tf.mul(before, momentum), gradient);
        const forward = nesterov ? tf.add(gradient, tf.mul(first, momentum)) : first;
        const decayed = tf.mul(parameter, 1 - learningRate * weightDecay);
        return {
          parameter: tf.sub(decayed, tf.mul(forward, learningRate)),
          first,
          second: null,
        };
      },
    };
  },
});
