import {
  type GradientContext,
  gradientStep,
  type LossAndGradients,
  lossAndGradients,
  partOf,
  type RandomStream,
  type StepChange,
  type StepResult,
} from "@videoms/core";
import type { RawClips } from "../network/narrow_frames.ts";
import { batchLoss, type ObjectiveContext, teacherFeatures } from "./batch_loss.ts";
import { disposeBatch, selectBatch } from "./batch_selection.ts";

/** What training steps need. */
export interface TrainingContext extends ObjectiveContext, GradientContext {}

/** What changes from step to step. */
export interface StepOptions extends StepChange {
  /** One stream per clip. */
  random: readonly RandomStream[];
  /** Share of the training that is done, which some strategies follow. @default 1 */
  progress?: number;
}

/** One optimiser step on a batch of clips, as {@linkcode gradientStep} does it. */
export async function trainingStep(
  context: TrainingContext,
  clips: RawClips,
  { random, progress, ...change }: StepOptions,
): Promise<StepResult> {
  const { microBatches } = change;
  const size = clips.batch / microBatches;
  const loss = await gradientStep(context, change, (i) => {
    const streams = random.slice(i * size, (i + 1) * size);
    return partialGradients(context, partOf(clips, microBatches, i), streams, progress);
  });
  return { loss };
}

async function partialGradients(
  context: TrainingContext,
  clips: RawClips,
  random: readonly RandomStream[],
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
