import * as tf from "@tensorflow/tfjs-core";
import {
  accumulate,
  type AdamW,
  type Device,
  type LossAndGradients,
  type WeightAverage,
} from "@videoms/core";
import { NonFiniteError, optimizeStep } from "./optimize_step.ts";

/** What changes weights. */
export interface GradientContext {
  device: Device;
  optimizer: AdamW;
  average: WeightAverage | null;
}

/** What changes from step to step. */
export interface StepChange {
  learningRate: number;
  weightDecay: number;
  clipGradient: number | null;
  /** Parts that the clips are worked on in, one after the other. */
  microBatches: number;
}

/** What a step says. */
export interface StepResult {
  /** Mean over the clips. */
  loss: number;
  /** Norm of the mean gradient, before clipping. */
  gradientNorm: number;
}

/**
 * One optimiser step.
 *
 * @param gradientsOf loss and gradients of part `i`; both are disposed of here
 * @throws {NonFiniteError} if loss or gradient norm are not finite; the weights are then unchanged
 */
export async function gradientStep(
  { device, optimizer, average }: GradientContext,
  { microBatches, ...change }: StepChange,
  gradientsOf: (i: number) => Promise<LossAndGradients>,
): Promise<StepResult> {
  let gradients: Map<string, tf.Tensor> | null = null;
  let loss = 0;
  try {
    for (let i = 0; i < microBatches; i++) {
      const part = await gradientsOf(i);
      gradients = accumulate(gradients, part.gradients);
      loss += (await part.loss.data())[0] / microBatches;
      part.loss.dispose();
    }
    if (!Number.isFinite(loss)) throw new NonFiniteError("loss", loss, optimizer.steps);
  } catch (error) {
    tf.dispose([...gradients?.values() ?? []]);
    throw error;
  }
  const gradientNorm = await optimizeStep(device, optimizer, gradients!, {
    ...change,
    accumulated: microBatches,
  });
  average?.update();
  device.check();
  return { loss, gradientNorm };
}

/** The clips of part `i` of equal parts. */
export function partOf(
  clips: { pixels: Uint8Array; batch: number },
  parts: number,
  i: number,
): { pixels: Uint8Array; batch: number } {
  const bytes = clips.pixels.length / parts;
  return { pixels: clips.pixels.subarray(i * bytes, (i + 1) * bytes), batch: clips.batch / parts };
}
