import * as tf from "@tensorflow/tfjs-core";
import {
  type GradientContext,
  gradientStep,
  type LossAndGradients,
  lossAndGradients,
  type Parameters,
  partOf,
  type RandomStream,
  type StepResult,
  tidy,
} from "@videoms/core";
import type { RawClips } from "@videoms/data/plain";
import type { Objective } from "@videoms/models";
import {
  disposeBatch,
  selectBatch,
  type SelectedBatch,
  type SelectionContext,
} from "./batch_selection.ts";
import type { LoopStep } from "./loop_step.ts";

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
function teacherFeatures(
  { model, teacher }: ObjectiveContext,
  { patches }: SelectedBatch,
): tf.Tensor3D | undefined {
  return teacher ? tidy(() => model.encodeAll(teacher, patches)) : undefined;
}

/** The mean loss of a batch without gradients. */
export async function batchLoss(context: ObjectiveContext, batch: SelectedBatch): Promise<number> {
  const { model, parameters, objective } = context;
  const features = teacherFeatures(context, batch);
  const loss = tidy(() =>
    model.meanLoss(parameters, batch.patches, batch.selections, objective, { features })
  );
  try {
    return (await loss.data())[0];
  } finally {
    tf.dispose([loss, features ?? []]);
  }
}

/** What training steps need. */
export interface TrainingContext extends ObjectiveContext, GradientContext {}

/** One optimiser step on a batch of clips, as {@linkcode gradientStep} does it. */
export async function pretrainStep(
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
    const { model, parameters, objective } = context;
    return lossAndGradients(
      parameters,
      () =>
        model.meanLoss(parameters, batch.patches, batch.selections, objective, {
          random,
          features,
        }),
    );
  } finally {
    features?.dispose();
    disposeBatch(batch);
  }
}
