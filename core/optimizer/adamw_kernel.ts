import type * as tf from "@tensorflow/tfjs-core";
import type { Parameters } from "../parameters/parameters.ts";
import type { ParameterRule } from "./parameter_rule.ts";
import type { WeightEma } from "./weight_ema.ts";

/** The moments of one tensor on the host. */
export interface Moments {
  /** First moment, of the gradient. */
  first: Float32Array;
  /** Second moment, of its square. */
  second: Float32Array;
}

/** What an {@linkcode AdamWKernel} optimises. */
export interface AdamWSubject {
  /** The parameters. */
  readonly parameters: Parameters;
  /** The rule of each tensor, by name. */
  readonly rules: ReadonlyMap<string, ParameterRule>;
  /** Decay rates of the first and second moment. */
  readonly betas: readonly [number, number];
  /** Epsilon, added to the root of the second moment. */
  readonly epsilon: number;
  /** EMA updated after each step; null for none. */
  readonly ema: WeightEma | null;
}

/** Creates AdamW for a device; a {@linkcode Device} is one. */
export interface AdamWMaker {
  /** AdamW for a subject, with zero moments. */
  adamw(subject: AdamWSubject): AdamWKernel;
}

/** Options of a step. */
export interface AdamWChange {
  /** Learning rate η, before the rules' factors. */
  readonly learningRate: number;
  /** Decoupled weight decay λ, before the rules' factors. */
  readonly weightDecay: number;
  /** Decay of the EMA in this step, where there is one. @default the EMA's own */
  readonly emaDecay?: number;
  /** Maximum norm of the mean gradient; null for no clipping. */
  readonly clipGradient: number | null;
  /** The loss, which must be finite for the step to be applied; null for none. */
  readonly loss: tf.Scalar | null;
  /** Steps done before this one. */
  readonly step: number;
}

/** A step that was not applied because its loss or gradients were not finite. */
export interface StepFailure {
  /** Steps done before it. */
  step: number;
  /** The loss of the step. */
  loss: number;
  /** The norm of its mean gradient. */
  gradientNorm: number;
}

/** State of the loss scale in half precision. */
export interface LossScaleState {
  /** The factor, a power of two. */
  scale: number;
  /** Steps since it changed; it doubles after many. */
  goodSteps: number;
  /** Number of steps skipped because gradients overflowed half precision. */
  overflows: number;
}

/** Status of the optimiser. */
export interface OptimizerStatus {
  /** Norm of the mean gradient of the last step, before clipping; 0 before the first. */
  gradientNorm: number;
  /** The first failed step since the status was last read, or null. */
  failure: StepFailure | null;
  /** The loss scale in half precision, else null. */
  lossScale: LossScaleState | null;
}

/**
 * A backend's AdamW over all parameters: norm, clipping, moments, weights and their EMA, in place and without
 * waiting for the device.
 *
 * A step whose loss or gradient norm is not finite changes nothing, nor do later ones until {@linkcode
 * AdamWKernel.status} is read. In half precision a non-finite gradient may be due to the loss scale: such a
 * step is skipped and the scale halved.
 */
export interface AdamWKernel {
  /** Accumulates the summed gradients of some parts for the next step, which uses the mean. The caller keeps the tensors. */
  accumulate(gradients: ReadonlyMap<string, tf.Tensor>, parts: number): void;
  /** Performs a step with the accumulated gradients. */
  step(change: AdamWChange): void;
  /** Reads the status, and clears a failure. */
  status(): Promise<OptimizerStatus>;
  /** The loss scale, or null; absent without half precision. */
  readLossScale?(): Promise<LossScaleState | null>;
  /** Restores a loss scale, if there is one. */
  writeLossScale?(state: LossScaleState): void;
  /** Reads the moments of a parameter. */
  readMoments(name: string): Promise<Moments>;
  /** Replaces the moments of a parameter. */
  writeMoments(name: string, moments: Moments): void;
  /** Frees the moments; parameters and EMA stay. */
  dispose(): void;
}
