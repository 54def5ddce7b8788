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

/** Adam's moments after a step, and what it divides by. */
export interface AdamMoments {
  /** First moment, biased towards zero. */
  readonly first: tf.Tensor;
  /** Second moment, biased towards zero. */
  readonly second: tf.Tensor;
  /** Square root of the second moment without its bias, plus epsilon. */
  readonly divisor: tf.Tensor;
}

/** Adam's moments (Kingma, Ba: arXiv 1412.6980) of a tensor, for rules that go on from them; within a tidy. */
export function adamMoments(
  { gradient, first, second }: UpdateState,
  { betas: [beta1, beta2], epsilon, step }: UpdateSettings,
): AdamMoments {
  const squares = tf.add(tf.mul(second!, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const root = tf.sqrt(tf.mul(squares, 1 / (1 - beta2 ** step)));
  return {
    first: tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1)),
    second: squares,
    divisor: tf.add(root, epsilon),
  };
}

/** AdamW's step (Loshchilov, Hutter: arXiv 1711.05101), for which devices have kernels of their own. */
export const ADAMW: UpdateRule = {
  name: "adamw",
  moments: 2,
  update(state, settings) {
    const { learningRate, weightDecay, betas: [beta1], step } = settings;
    const { first, second, divisor } = adamMoments(state, settings);
    const change = tf.div(tf.mul(first, learningRate / (1 - beta1 ** step)), divisor);
    const decayed = tf.mul(state.parameter, 1 - learningRate * weightDecay);
    return { parameter: tf.sub(decayed, change), first, second };
  },
};
