import * as tf from "@tensorflow/tfjs-core";
import { adamMoments, definePlugin, type Plugin, type UpdateRule } from "@videoms/core";

/** The factor that makes a step as long as the weights; 1 where either is zero. */
function trustRatio(parameter: tf.Tensor, direction: tf.Tensor): tf.Tensor {
  const [weights, step] = [parameter, direction].map((one) => tf.sqrt(tf.sum(tf.square(one))));
  const isBoth = tf.logicalAnd(tf.greater(weights, 0), tf.greater(step, 0));
  return tf.where(isBoth, tf.div(weights, tf.maximum(step, 1e-30)), tf.onesLike(step));
}

const LAMB: UpdateRule = {
  name: "lamb",
  moments: 2,
  update(state, settings) {
    const { learningRate, weightDecay, betas: [beta1], step } = settings;
    const { parameter } = state;
    const { first, second, divisor } = adamMoments(state, settings);
    const forward = tf.div(tf.mul(first, 1 / (1 - beta1 ** step)), divisor);
    const direction = tf.add(forward, tf.mul(parameter, weightDecay));
    // What does not decay (biases, norms) moves as with AdamW.
    const length = weightDecay > 0 ? trustRatio(parameter, direction) : tf.scalar(1);
    const change = tf.mul(direction, tf.mul(length, learningRate));
    return { parameter: tf.sub(parameter, change), first, second };
  },
};

/**
 * LAMB (You et al.: arXiv 1904.00962), for large batches: AdamW's step, scaled for each matrix by the norm of the matrix.
 *
 * @example
 * ```ts
 * import { lamb } from "@videoms/models";
 *
 * console.assert(lamb.create({}).moments === 2);
 * ```
 */
export const lamb: Plugin<"optimizer", Record<never, never>, UpdateRule> = definePlugin({
  kind: "optimizer",
  name: "lamb",
  summary: "LAMB: AdamW's steps, scaled by the norm of each matrix, for large batches",
  defaults: {},
  create: (): UpdateRule => LAMB,
});
