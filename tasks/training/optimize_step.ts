import * as tf from "@tensorflow/tfjs-core";
import { type AdamW, clipScale, type Device, globalNorm } from "@videoms/core";

/** A loss or gradient norm that is not a finite number; training cannot go on from it. */
export class NonFiniteError extends Error {
  /** Says which quantity it was and at which step. */
  constructor(quantity: string, value: number, step: number) {
    super(`Cannot train on: the ${quantity} of step ${step} must be finite, got ${value}`);
    this.name = "NonFiniteError";
  }
}

/** What changes from step to step. */
export interface OptimizeOptions {
  learningRate: number;
  weightDecay: number;
  /** Largest gradient norm, or null for no clipping. */
  clipGradient: number | null;
  /** Micro-batches that the gradients are the sum of. @default 1 */
  accumulated?: number;
}

/**
 * One optimiser step from the (summed) gradients, which it disposes of.
 *
 * @returns the norm of the mean gradient, before clipping
 * @throws {NonFiniteError} if the norm is not finite; the weights are then unchanged
 */
export async function optimizeStep(
  device: Device,
  optimizer: AdamW,
  gradients: ReadonlyMap<string, tf.Tensor>,
  { learningRate, weightDecay, clipGradient, accumulated = 1 }: OptimizeOptions,
): Promise<number> {
  try {
    const norm = await globalNorm(device, gradients) / accumulated;
    if (!Number.isFinite(norm)) throw new NonFiniteError("gradient norm", norm, optimizer.steps);
    const gradientScale = clipScale(norm, clipGradient) / accumulated;
    optimizer.step(gradients, { learningRate, weightDecay, gradientScale });
    return norm;
  } finally {
    tf.dispose([...gradients.values()]);
  }
}
