import type { ParameterSpec } from "../parameters/parameters.ts";

/** Factors of the schedule for one tensor. */
export interface ParameterRule {
  /** Factor of the weight decay; 0 for none. */
  decayScale: number;
  /** Factor of the learning rate (layer-wise decay). */
  rateScale: number;
}

/** The usual rule: no weight decay for vectors (biases, norms, tokens), nor for what says so itself. */
export function decayMatrices({ shape, decays = shape.length > 1 }: ParameterSpec): ParameterRule {
  return { decayScale: decays ? 1 : 0, rateScale: 1 };
}
