import type { ParameterSpec } from "../parameters/parameters.ts";

/** How one tensor is optimised beside the schedule. */
export interface ParameterRule {
  /** Factor of the weight decay; 0 for none. */
  decayScale: number;
  /** Factor of the learning rate (layer-wise decay). */
  rateScale: number;
}

/** The usual rule: vectors (biases, norms, tokens) are not decayed, everything else is. */
export function decayMatrices(spec: ParameterSpec): ParameterRule {
  return { decayScale: spec.shape.length > 1 ? 1 : 0, rateScale: 1 };
}
