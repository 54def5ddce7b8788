import { type LossAndGradients, lossAndGradients, type RandomStream } from "@videoms/core";
import {
  type GradientContext,
  gradientStep,
  partOf,
  type StepChange,
  type StepResult,
} from "../training/gradient_step.ts";
import type { RawClips } from "../training/narrow_frames.ts";
import { disposeBatch, selectBatch, type SelectionContext } from "./batch_selection.ts";

/** What training steps need. */
export interface TrainingContext extends SelectionContext, GradientContext {
  normalizeTargets: boolean;
}

/** What changes from step to step. */
export interface StepOptions extends StepChange {
  /** One stream per clip. */
  random: readonly RandomStream[];
}

/** One optimiser step on a batch of clips, as {@linkcode gradientStep} does it. */
export async function trainingStep(
  context: TrainingContext,
  clips: RawClips,
  { random, ...change }: StepOptions,
): Promise<StepResult> {
  const { microBatches } = change;
  const size = clips.batch / microBatches;
  const loss = await gradientStep(context, change, (i) => {
    const streams = random.slice(i * size, (i + 1) * size);
    return partialGradients(context, partOf(clips, microBatches, i), streams);
  });
  return { loss };
}

async function partialGradients(
  context: TrainingContext,
  clips: RawClips,
  random: readonly RandomStream[],
): Promise<LossAndGradients> {
  const { model, parameters, normalizeTargets } = context;
  const batch = await selectBatch(context, clips, "train", random);
  try {
    return lossAndGradients(
      parameters,
      () => model.loss(parameters, batch.patches, batch.selection, normalizeTargets, random),
    );
  } finally {
    disposeBatch(batch);
  }
}
