import { dispose, div, type Scalar } from "@tensorflow/tfjs-core";
import {
  type GradientContext,
  gradientStep,
  type LossAndGradients,
  lossAndGradients,
  type Parameters,
  partOf,
  type RandomStream,
  smoothedTargets,
  type StepResult,
} from "@videoms/core";
import type { StepClips } from "@videoms/data";
import { pixelChange, type ProbeHeads } from "@videoms/models";
import type { FrozenEncoder } from "../encoder/frozen_encoder.ts";
import type { LoopStep } from "@videoms/studio/train";

/** What training steps need. */
export interface ProbeContext extends GradientContext {
  encoder: FrozenEncoder;
  heads: ProbeHeads;
  parameters: Parameters;
}

async function headGradients(
  { encoder, heads, parameters }: ProbeContext,
  { labels, erase, random, ...clips }: StepClips & { random: readonly RandomStream[] },
): Promise<LossAndGradients> {
  const { geometry } = encoder.model.options;
  const features = await encoder.features(clips, {
    random,
    change: pixelChange(geometry, erase, random),
  });
  const targets = smoothedTargets(labels, heads.options.classes, 0);
  try {
    return lossAndGradients(parameters, () => heads.loss(parameters, features, targets));
  } finally {
    dispose([features.tokens, features.pooled, features.kept, targets]);
  }
}

/**
 * One optimiser step of every head, as {@linkcode gradientStep} does it; the encoder stays as it is.
 *
 * @returns the mean over the heads of their loss
 */
export async function probeStep(
  context: ProbeContext,
  clips: StepClips,
  { random, ...change }: LoopStep,
): Promise<StepResult> {
  const sum = await gradientStep(
    context,
    change,
    (i) => headGradients(context, partOf({ ...clips, random }, change.microBatches, i)),
  );
  const loss = div<Scalar>(sum, context.heads.options.heads.length);
  sum.dispose();
  return { loss };
}
