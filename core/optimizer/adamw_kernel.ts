import type * as tf from "@tensorflow/tfjs-core";
import type { Parameters } from "../parameters/parameters.ts";
import type { ParameterRule } from "./parameter_rule.ts";
import type { WeightAverage } from "./weight_average.ts";

/** The moments of one tensor on the host. */
export interface Moments {
  /** First moment, of the gradient. */
  first: Float32Array;
  /** Second moment, of its square. */
  second: Float32Array;
}

/** What an {@linkcode AdamWKernel} works on, for as long as it lives. */
export interface AdamWSubject {
  /** What is optimised, all of it. */
  readonly parameters: Parameters;
  /** The rule of each tensor, by name. */
  readonly rules: ReadonlyMap<string, ParameterRule>;
  /** Decay rates of the first and second moment. */
  readonly betas: readonly [number, number];
  /** Added to the root of the second moment. */
  readonly epsilon: number;
  /** Moved towards the new weights after each step; null for none. */
  readonly average: WeightAverage | null;
}

/** What makes the AdamW of where it computes; a {@linkcode Device} does. */
export interface AdamWMaker {
  /** AdamW of a subject, with moments of zero. */
  adamw(subject: AdamWSubject): AdamWKernel;
}

/** What changes from step to step. */
export interface AdamWChange {
  /** Learning rate η, before the rules. */
  readonly learningRate: number;
  /** Decoupled weight decay λ, before the rules. */
  readonly weightDecay: number;
  /** Largest norm of the mean gradient; beyond it the gradient is scaled down. Null for no limit. */
  readonly clipGradient: number | null;
  /** The loss that the gradients belong to; must be finite for the step to happen. Null for none. */
  readonly loss: tf.Scalar | null;
  /** Steps done before this one. */
  readonly step: number;
}

/** A step that did not happen since its loss or its gradients were not finite. */
export interface StepFailure {
  /** Steps done before it. */
  step: number;
  /** The loss of the step. */
  loss: number;
  /** The norm of its mean gradient. */
  gradientNorm: number;
}

/** The factor of gradients in half precision as it stands, and what it depends on. */
export interface LossScaleState {
  /** The factor, a power of two. */
  scale: number;
  /** Steps since it changed; it is doubled after many. */
  goodSteps: number;
  /** Steps that were left out since their gradients were too large for half precision. */
  overflows: number;
}

/** How the steps went. */
export interface OptimizerStatus {
  /** Norm of the mean gradient of the last step, before clipping; 0 before the first. */
  gradientNorm: number;
  /** The first step that failed since the status was last read, or null. */
  failure: StepFailure | null;
  /** The factor of gradients in half precision; null where there are none. */
  lossScale: LossScaleState | null;
}

/**
 * AdamW over all parameters of a model as a backend does it: norm, clipping, the moments, the weights
 * and their average, in place and without waiting for the device.
 *
 * A step whose loss or gradient norm is not finite changes nothing, and neither do later ones until
 * {@linkcode AdamWKernel.status} was read. In half precision a gradient that is not finite may be one that
 * the loss scale made too large: such a step is left out, the scale halved, and the next one done.
 */
export interface AdamWKernel {
  /** Adds gradients to those of the next step, which takes their mean. The caller keeps the tensors. */
  accumulate(gradients: ReadonlyMap<string, tf.Tensor>): void;
  /** A step from the gradients added since the last one. */
  step(change: AdamWChange): void;
  /** Reads how the steps went, and lets a failure go. */
  status(): Promise<OptimizerStatus>;
  /** The loss scale, or null; missing where nothing can be in half precision. */
  readLossScale?(): Promise<LossScaleState | null>;
  /** Goes on from a loss scale, if there is one. */
  writeLossScale?(state: LossScaleState): void;
  /** The moments of a parameter on the host. */
  readMoments(name: string): Promise<Moments>;
  /** Replaces the moments of a parameter. */
  writeMoments(name: string, moments: Moments): void;
  /** Frees the moments; parameters and average stay. */
  dispose(): void;
}
