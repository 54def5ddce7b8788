import type { Device } from "@videoms/core";

/** Largest relative errors that pass. */
export interface Tolerances {
  /** Tokens, importance, output, labels, logits, features, losses. */
  forward: number;
  /** Gradients and their norms. */
  gradients: number;
  /** Weights after the three recorded steps. */
  weights: number;
}

/** A GPU sums in another order and has its own exp and erf, hence ten times the CPU's tolerance. */
export function tolerancesOf(backend: Device["backend"]): Tolerances {
  return backend === "webgpu"
    ? { forward: 1e-4, gradients: 1e-3, weights: 1e-4 }
    : { forward: 1e-5, gradients: 1e-4, weights: 1e-5 };
}
