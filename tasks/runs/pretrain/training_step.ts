import {
  type GradientContext,
  gradientStep,
  type LossAndGradients,
  lossAndGradients,
  partOf,
  type RandomStream,
  type StepResult,
} from "@videoms/core";
import type { RawClips } from "../network/narrow_frames.ts";
import type { LoopStep } from "../training/train_loop.ts";
import { batchLoss, type ObjectiveContext, teacherFeatures } from "./batch_loss.ts";
import { disposeBatch, selectBatch } from "./batch_selection.ts";

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
