import {
  AdamW,
  type Device,
  type HostTensors,
  initialParameters,
  type ParameterRule,
  Parameters,
  type ParameterSpec,
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
}

/**
 * Weights, optimiser and average of a training that begins.
 *
 * @param given values that differ from initialised ones
 */
export function openSubject(
  device: Device,
  { specs, seed, network, geometry, rule, optimizer: { betas, epsilon, emaDecay } }: SubjectOptions,
  given: HostTensors,
): CheckpointSubject {
  const initial = new Map([...initialParameters(specs, seed), ...given]);
  const parameters = new Parameters(specs, initial);
  const average = emaDecay === null ? null : new WeightEma(parameters, emaDecay, initial);
  const optimizer = new AdamW(device, parameters, { betas, epsilon, rule, ema: average });
  return { network, geometry, parameters, optimizer, average };
}

/** Frees weights, moments and average. */
export function disposeSubject({ parameters, optimizer, average }: CheckpointSubject): void {
  parameters.dispose();
  average?.dispose();
  optimizer.dispose(); // after those that it would otherwise leave in order
}
