import {
  ADAMW,
  type Device,
  type HostTensors,
  initialParameters,
  openOptimizer,
  type ParameterRule,
  Parameters,
  type ParameterSpec,
  type UpdateRule,
  WeightEma,
} from "@videoms/core";
import type { CheckpointSubject } from "@videoms/models";

/** What the weights of a training and their optimiser are made of. */
export interface SubjectOptions extends Pick<CheckpointSubject, "network" | "geometry"> {
  readonly specs: readonly ParameterSpec[];
  readonly optimizer: {
    readonly betas: readonly [number, number];
    readonly epsilon: number;
    readonly emaDecay: number | null;
  };
  /** Rule of each tensor. @default matrices decay, one rate for all */
  readonly rule?: (spec: ParameterSpec) => ParameterRule;
  readonly seed: number;
  /** What a step makes of a tensor. @default AdamW's */
  readonly update?: UpdateRule;
}

/**
 * Weights, optimiser and average of a training that begins.
 *
 * @param given values that differ from initialised ones
 */
export function openSubject(
  device: Device,
  options: SubjectOptions,
  given: HostTensors,
): CheckpointSubject {
  const { specs, seed, network, geometry, rule, update = ADAMW } = options;
  const { betas, epsilon, emaDecay } = options.optimizer;
  const initial = new Map([...initialParameters(specs, seed), ...given]);
  const parameters = new Parameters(specs, initial);
  const average = emaDecay === null ? null : new WeightEma(parameters, emaDecay, initial);
  const optimizer = openOptimizer(device, parameters, update, {
    betas,
    epsilon,
    rule,
    ema: average,
  });
  return { network, geometry, parameters, optimizer, average };
}

/** Frees weights, moments and average. */
export function disposeSubject({ parameters, optimizer, average }: CheckpointSubject): void {
  parameters.dispose();
  average?.dispose();
  optimizer.dispose(); // after those that it would otherwise leave in order
}
