import * as tf from "@tensorflow/tfjs-core";
import {
  type GradientContext,
  gradientStep,
  type LossAndGradients,
  lossAndGradients,
  meanOf,
  type Parameters,
  partOf,
  type RandomStream,
  type StepResult,
  tidy,
} from "@videoms/core";
import type { Objective } from "@videoms/models";
import type { RawClips } from "../network/narrow_frames.ts";
import {
  disposeBatch,
  selectBatch,
  type SelectedBatch,
  type SelectionContext,
} from "./batch_selection.ts";
import type { LoopStep } from "../training/train_loop.ts";

/** What the loss of a batch needs. */
export interface ObjectiveContext extends SelectionContext {
  objective: Objective;
  /** The weights' moving average, for objectives that predict its features; null for others. */
  teacher: Parameters | null;
}

/**
 * Features of all tokens, [B, N, D], as the teacher sees them; undefined for objectives that need none. Not
 * to be called where gradients are recorded. The caller disposes of them.
 */
export function teacherFeatures(
  { model, teacher }: ObjectiveContext,
  { patches }: SelectedBatch,
): tf.Tensor3D | undefined {
  if (!teacher) return undefined;
  const [batch, tokens] = patches.shape;
  return tidy(() => {
    const row = tf.range(0, tokens, 1, "int32") as tf.Tensor1D;
    const all = tf.tile(tf.reshape(row, [1, tokens]), [batch, 1]) as tf.Tensor2D;
    return model.encode(teacher, patches, all);
  });
}

/**
 * The mean loss over the masks of a batch.
 *
 * @param random one stream per clip for stochastic depth, or null outside training
 */
export function batchLoss(
  { model, parameters, objective }: ObjectiveContext,
  { patches, selections }: SelectedBatch,
  features: tf.Tensor3D | undefined,
  random: readonly RandomStream[] | null,
): tf.Scalar {
  const losses = selections.map((selection) =>
    model.loss(parameters, patches, selection, objective, { random, features })
  );
  return losses.length === 1 ? losses[0] : meanOf(losses, losses.length);
}

/** What training steps need. */
export interface TrainingContext extends ObjectiveContext, GradientContext {}

/** One optimiser step on a batch of clips, as {@linkcode gradientStep} does it. */
export async function trainingStep(
  context: TrainingContext,
  clips: RawClips,
  { random, progress, ...change }: Omit<LoopStep, "mixing">,
): Promise<StepResult> {
  const loss = await gradientStep(
    context,
    change,
    (i) =>
      partialGradients(context, partOf({ ...clips, random }, change.microBatches, i), progress),
  );
  return { loss };
}

async function partialGradients(
  context: TrainingContext,
  { random, ...clips }: RawClips & { random: readonly RandomStream[] },
  progress?: number,
): Promise<LossAndGradients> {
  const batch = await selectBatch(context, clips, "train", random, progress);
  const features = teacherFeatures(context, batch);
  try {
    return lossAndGradients(
      context.parameters,
      () => batchLoss(context, batch, features, random),
    );
  } finally {
    features?.dispose();
    disposeBatch(batch);
  }
}
