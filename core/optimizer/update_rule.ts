import * as tf from "@tensorflow/tfjs-core";

/** A tensor before a step, on the device, and what an optimiser keeps of it; all have the same shape. */
export interface UpdateState {
  /** Values of the parameter. */
  readonly parameter: tf.Tensor;
  /** Mean gradient, clipped. */
  readonly gradient: tf.Tensor;
  /** First moment, zeros at first. */
  readonly first: tf.Tensor;
  /** Second moment, zeros at first; null for rules that keep one. */
  readonly second: tf.Tensor | null;
}

/** Settings of a step of one tensor. */
export interface UpdateSettings {
  /** Learning rate η of this tensor. */
  readonly learningRate: number;
  /** Decoupled weight decay λ of this tensor; 0 for none. */
  readonly weightDecay: number;
  /** Decay rates of the moments, as `optimizer.betas` has them. */
  readonly betas: readonly [number, number];
  /** Epsilon, `optimizer.epsilon`. */
  readonly epsilon: number;
  /** Number of this step, from 1. */
  readonly step: number;
}

/** What a step makes of a tensor: new tensors of the same shapes. */
export interface UpdatedState {
  /** Values of the parameter. */
  readonly parameter: tf.Tensor;
  /** First moment. */
  readonly first: tf.Tensor;
  /** Second moment; null for rules that keep one. */
  readonly second: tf.Tensor | null;
}

/** How an optimiser changes a tensor by its gradient. Its methods do not use `this`. */
export interface UpdateRule {
  /** The plugin's name. */
  readonly name: string;
  /** Moments that it keeps of each tensor. */
  readonly moments: 1 | 2;
  /** A step of one tensor, of operations that wait for nothing; within a tidy. */
  update(state: UpdateState, settings: UpdateSettings): UpdatedState;
}

/** AdamW's step (Loshchilov, Hutter: arXiv 1711.05101), for which devices have kernels of their own. */
export const ADAMW: UpdateRule = {
  name: "adamw",
  moments: 2,
  update(
    { parameter, gradient, first: m, second: v },
    { learningRate, weightDecay, betas: [beta1, beta2], epsilon, step },
  ) {
    const first = tf.add(tf.mul(m, beta1), tf.mul(gradient, 1 - beta1));
    const second = tf.add(tf.mul(v!, beta2), tf.mul(tf.square(gradient), 1 - beta2));
    const root = tf.sqrt(tf.mul(second, 1 / (1 - beta2 ** step)));
    const forward = tf.mul(first, learningRate / (1 - beta1 ** step));
    const change = tf.div(forward, tf.add(root, epsilon));
    const decayed = tf.mul(parameter, 1 - learningRate * weightDecay);
    return { parameter: tf.sub(decayed, change), first, second };
  },
};
