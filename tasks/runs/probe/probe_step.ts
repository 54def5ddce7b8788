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
import type { ClipBatch } from "@videoms/data";
import type { ProbeHeads } from "@videoms/models";
import type { FrozenEncoder } from "../encoder/frozen_encoder.ts";
import { pixelChange } from "../classifier/pixel_change.ts";
import type { LoopStep } from "../training/train_loop.ts";

/** What training steps need. */
export interface ProbeContext extends GradientContext {
  encoder: FrozenEncoder;
  heads: ProbeHeads;
  parameters: Parameters;
}

/** The clips of a step. */
export type ProbeClips = Pick<ClipBatch, "pixels" | "labels" | "erase">;

async function headGradients(
  { encoder, heads, parameters }: ProbeContext,
  { pixels, labels, erase }: ProbeClips,
  random: readonly RandomStream[],
): Promise<LossAndGradients> {
  const { geometry } = encoder.model.options;
  const features = await encoder.features({ pixels, batch: labels.length }, {
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
  { pixels, labels, erase }: ProbeClips,
  { random, ...change }: LoopStep,
): Promise<StepResult> {
  const { microBatches } = change;
  const size = labels.length / microBatches;
  const sum = await gradientStep(context, change, (i) => {
    const [from, to] = [i * size, (i + 1) * size];
    const part = {
      pixels: partOf({ pixels, batch: labels.length }, microBatches, i).pixels as typeof pixels,
      labels: labels.subarray(from, to),
      erase: erase.slice(from, to),
    };
    return headGradients(context, part, random.slice(from, to));
  });
  const loss = div<Scalar>(sum, context.heads.options.heads.length);
  sum.dispose();
  return { loss };
}
