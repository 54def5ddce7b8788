import * as tf from "@tensorflow/tfjs-core";
import { definePlugin, type Plugin, type UpdateRule } from "@videoms/core";

const LION: UpdateRule = {
  name: "lion",
  moments: 1,
  update(
    { parameter, gradient, first },
    { learningRate, weightDecay, betas: [beta1, beta2] },
  ) {
    const mixed = tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1));
    const decayed = tf.mul(parameter, 1 - learningRate * weightDecay);
    return {
      parameter: tf.sub(decayed, tf.mul(tf.sign(mixed), learningRate)),
      first: tf.add(tf.mul(first, beta2), tf.mul(gradient, 1 - beta2)),
      second: null,
    };
  },
};

/**
 * Lion (Chen et al.: arXiv 2302.06675): every weight moves by the learning rate, in the direction of the sign of its
 * gradient mixed with its moment. It keeps one moment, and wants a learning rate 3 to 10 times smaller than AdamW's, a weight
 * decay as many times larger and betas of about 0.9 and 0.99.
 *
 * @example
 * ```ts
 * import { lion } from "@videoms/models";
 *
 * console.assert(lion.create({}).moments === 1);
 * ```
 */
export const lion: Plugin<"optimizer", Record<never, never>, UpdateRule> = definePlugin({
  kind: "optimizer",
  name: "lion",
  summary: "Lion: steps of one size by the sign of gradient and moment",
  defaults: {},
  create: (): UpdateRule => LION,
});
