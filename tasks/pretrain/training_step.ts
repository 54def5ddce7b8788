import * as tf from "@tensorflow/tfjs-core";
import {
  accumulate,
  type AdamW,
  type Device,
  lossAndGradients,
  type RandomStream,
  type WeightAverage,
} from "@videoms/core";
import { NonFiniteError, optimizeStep } from "../training/optimize_step.ts";
import {
  disposeBatch,
  type RawClips,
  selectBatch,
  type SelectionContext,
} from "./batch_selection.ts";

/** What training steps need. */
export interface TrainingContext extends SelectionContext {
  device: Device;
  optimizer: AdamW;
  average: WeightAverage | null;
  normalizeTargets: boolean;
}

/** What changes from step to step. */
export interface StepOptions {
  learningRate: number;
  weightDecay: number;
  clipGradient: number | null;
  /** Parts that the clips are worked on in, one after the other. */
  microBatches: number;
  /** One stream per clip. */
  random: readonly RandomStream[];
}

/** What a step says. */
export interface StepResult {
  /** Mean over the clips. */
  loss: number;
  /** Norm of the mean gradient, before clipping. */
  gradientNorm: number;
}

/**
 * One optimiser step on a batch of clips.
 *
 * @throws {NonFiniteError} if loss or gradient norm are not finite; the weights are then unchanged
 */
export async function trainingStep(
  context: TrainingContext,
  clips: RawClips,
  { microBatches, random, ...change }: StepOptions,
): Promise<StepResult> {
  const { device, optimizer, average } = context;
  const size = clips.batch / microBatches;
  const bytes = clips.pixels.length / microBatches;
  let gradients: Map<string, tf.Tensor> | null = null;
  let loss = 0;
  try {
    for (let i = 0; i < microBatches; i++) {
      const part = { pixels: clips.pixels.subarray(i * bytes, (i + 1) * bytes), batch: size };
      const streams = random.slice(i * size, (i + 1) * size);
      const result = await partialGradients(context, part, streams);
      gradients = accumulate(gradients, result.gradients);
      loss += result.loss / microBatches;
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

async function partialGradients(
  context: TrainingContext,
  clips: RawClips,
  random: readonly RandomStream[],
): Promise<{ loss: number; gradients: Map<string, tf.Tensor> }> {
  const { model, parameters, normalizeTargets } = context;
  const batch = await selectBatch(context, clips, "train", random);
  try {
    const { loss, gradients } = lossAndGradients(
      parameters,
      () => model.loss(parameters, batch.patches, batch.selection, normalizeTargets, random),
    );
    const value = (await loss.data())[0];
    loss.dispose();
    return { loss: value, gradients };
  } finally {
    disposeBatch(batch);
  }
}
