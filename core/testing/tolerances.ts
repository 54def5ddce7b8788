import type { Device } from "../device/device.ts";

/** Largest relative errors that pass. */
export interface Tolerances {
  /** Tokens, importance, output, labels, logits, features, losses. */
  forward: number;
  /** Gradients and their norms. */
  gradients: number;
  /** Weights after the three recorded steps. */
  weights: number;
  /**
   * Share of a tensor's largest gradient below which rounding decides an entry's sign. AdamW moves it by about
   * the learning rate either way, so its weight may be off by as much.
   */
  undecided: number;
}

/**
 * The tolerances of a device. A GPU sums in a different order and has its own exp and erf, hence ten times
 * the CPU's tolerance. The CPU engine without BLAS also sums in a different order: its gradients are as close
 * to the recorded ones, but AdamW divides each by its magnitude, which amplifies the rounding of near-zero
 * gradients. Half precision rounds values within a block by up to 2^-11, 5e-4 of them.
 */
export function tolerancesOf(
  { backend, blas, precision }: Pick<Device, "backend" | "blas" | "precision">,
): Tolerances {
  if (precision === "f16") {
    return { forward: 1e-3, gradients: 2e-3, weights: 5e-3, undecided: 5e-4 };
  }
  if (backend === "webgpu") return { forward: 1e-4, gradients: 1e-3, weights: 1e-4, undecided: 0 };
  const isOwnProduct = backend === "wasm" && blas === null;
  const weights = isOwnProduct ? 3e-5 : 1e-5;
  return { forward: 1e-5, gradients: 1e-4, weights, undecided: 0 };
}
