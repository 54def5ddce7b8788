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
import type { ClipSets, RawClips } from "@videoms/data/plain";
import type { Objective } from "@videoms/models";
import {
  disposeBatch,
  selectBatch,
  type SelectedBatch,
  type SelectionContext,
} from "./batch_selection.ts";
import type { LoopStep } from "./loop_step.ts";
import { SetLosses } from "./set_losses.ts";

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

/** Clips of a forward pass; `of` is the set of each, in a mix of data sets. */
type PartClips = RawClips & { random: readonly RandomStream[]; of?: Int32Array };

/**
 * One optimiser step on a batch of clips, as {@linkcode gradientStep} does it. For clips of a mix of data sets it also
 * gives the part of the loss that is of each set, as {@linkcode SetLosses} has it.
 */
export async function pretrainStep(
  context: TrainingContext,
  { sets, ...clips }: RawClips & { sets?: ClipSets },
  { random, progress, ...change }: Omit<LoopStep, "mixing">,
): Promise<StepResult> {
  const { microBatches } = change;
  const ofSets = sets && new SetLosses(sets.names);
  const all: PartClips = { ...clips, random, of: sets?.of };
  const loss = await gradientStep(
    context,
    change,
    (i) => partialGradients(context, partOf(all, microBatches, i), progress, ofSets),
  );
  if (!ofSets) return { loss };
  const masks = 1 + (context.strategy.more?.length ?? 0);
  return { loss, metrics: await ofSets.take(microBatches * masks, context.gradientAverage) };
}

async function partialGradients(
  context: TrainingContext,
  { random, of, ...clips }: PartClips,
  progress?: number,
  ofSets?: SetLosses,
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
          onPrediction: ofSets && of &&
            ((prediction, { geometry, patches, features }) =>
              ofSets.add(of, (own) =>
                objective.loss(own(prediction), {
                  ...{ geometry, patches: own(patches) },
                  features: features && own(features),
                }))),
        }),
    );
  } finally {
    features?.dispose();
    disposeBatch(batch);
  }
}
