import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../ops/tidy.ts";
import type { AdamWStep } from "./adamw_step.ts";

/** The moments of one tensor on the host. */
export interface Moments {
  /** First moment, of the gradient. */
  first: Float32Array;
  /** Second moment, of its square. */
  second: Float32Array;
}

/**
 * How a backend keeps the moments of AdamW and applies a step.
 *
 * @typeParam State the moments of one tensor as the backend keeps them
 */
export interface AdamWKernel<State> {
  /** Moments of zero for a tensor of `size` values. */
  create(size: number): State;
  /** One step, in place. */
  update(parameter: tf.Variable, gradient: tf.Tensor, state: State, step: AdamWStep): void;
  /** The moments on the host. */
  read(state: State): Promise<Moments>;
  /** Replaces the moments. */
  write(state: State, moments: Moments): void;
  /** Frees the moments. */
  dispose(state: State): void;
}

/** Moments as tfjs variables. */
export interface TensorMoments {
  /** First moment, flat. */
  first: tf.Variable;
  /** Second moment, flat. */
  second: tf.Variable;
}

/** AdamW in stock tfjs operations, for every backend. */
export const tensorAdamW: AdamWKernel<TensorMoments> = {
  create: (size) => {
    const zeros = tf.zeros([size]);
    const moments = { first: tf.variable(zeros), second: tf.variable(zeros) };
    zeros.dispose();
    return moments;
  },

  update: (parameter, gradient, { first, second }, step) =>
    tf.tidy(() => {
      const [beta1, beta2] = step.betas;
      const g = tf.mul(tf.reshape(gradient, [-1]), step.gradientScale);
      first.assign(tf.add(tf.mul(first, beta1), tf.mul(g, 1 - beta1)));
      second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(g), 1 - beta2)));
      const root = tf.sqrt(tf.mul(second, 1 / (1 - beta2 ** step.step)));
      const rate = step.learningRate / (1 - beta1 ** step.step);
      const change = tf.div(tf.mul(first, rate), tf.add(root, step.epsilon));
      const decayed = tf.mul(parameter, 1 - step.learningRate * step.weightDecay);
      parameter.assign(tf.sub(decayed, tf.reshape(change, parameter.shape)));
    }),

  read: async ({ first, second }) => ({
    first: await first.data() as Float32Array,
    second: await second.data() as Float32Array,
  }),

  write: ({ first, second }, moments) =>
    tidy(() => {
      first.assign(tf.tensor1d(moments.first));
      second.assign(tf.tensor1d(moments.second));
    }),

  dispose: ({ first, second }) => tf.dispose([first, second]),
};
