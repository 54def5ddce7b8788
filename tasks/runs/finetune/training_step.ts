import * as tf from "@tensorflow/tfjs-core";
import {
  countRight,
  type Device,
  type GradientContext,
  gradientStep,
  type LossAndGradients,
  lossAndGradients,
  meanOf,
  partOf,
  type RandomStream,
  softmaxCrossEntropy,
  type StepResult,
} from "@videoms/core";
import type { ClipBatch, EraseBox } from "@videoms/data";
import { type MixOptions, type MixPlan, mixPlan, softTargets } from "@videoms/models";
import type { LoopStep } from "../training/train_loop.ts";
import {
  type ClassifierContext,
  classifierInput,
  disposeInput,
} from "../classifier/classifier_input.ts";
import { pixelChange } from "../classifier/pixel_change.ts";

/** What training steps need. */
export interface FinetuneContext extends ClassifierContext, GradientContext {
  device: Device;
  /** Share of the target that is spread over all classes. */
  smoothing: number;
  /** How clips are mixed; null for not at all. */
  mix: MixOptions | null;
}

/** Clips of a step with their labels. */
export interface LabelledClips {
  /** u8, row-major [B, T, H, W, 3], T what the frame selector asks for. */
  pixels: Uint8Array;
  batch: number;
  /** [B]. */
  labels: Int32Array;
  /** [B], rectangles that noise fills; null for none. */
  erase: readonly (EraseBox | null)[];
}

/** What changes from step to step. */
export interface FinetuneStep extends LoopStep {
  /** Stream of the step, for what clips share: how they are mixed. */
  mixing: RandomStream;
}

/** The clips of a batch. */
export function clipsOf({ pixels, indices, labels, erase }: ClipBatch): LabelledClips {
  return { pixels, batch: indices.length, labels, erase };
}

/** The clips of part `i` of equal parts. */
export function partOfClips(clips: LabelledClips, parts: number, i: number): LabelledClips {
  const { pixels, batch } = partOf(clips, parts, i);
  const from = i * batch;
  return {
    pixels,
    batch,
    labels: clips.labels.subarray(from, from + batch),
    erase: clips.erase.slice(from, from + batch),
  };
}

/** {@linkcode LossAndGradients} of clips, and how well they were classified. */
export interface ClassifierGradients extends LossAndGradients {
  /** Clips whose class has the largest score as they are mixed; the caller disposes of it. */
  right: tf.Scalar;
}

/** Loss and gradients of clips, and how many of them are classified rightly as they are mixed. */
export async function classifierGradients(
  context: FinetuneContext,
  clips: LabelledClips,
  random: readonly RandomStream[],
  mixing: RandomStream,
): Promise<ClassifierGradients> {
  const { model, parameters, smoothing } = context;
  const { geometry, classes } = model.options;
  const plan: MixPlan | null = context.mix && mixPlan(clips.batch, context.mix, mixing);
  const change = pixelChange(geometry, clips.erase, random, plan);
  const input = await classifierInput(context, clips, "train", random, change);
  const targets = softTargets(clips.labels, classes, smoothing, plan);
  let right: tf.Scalar | null = null;
  try {
    const result = lossAndGradients(parameters, () => {
      const features = model.features(parameters, input.patches, input.kept, random);
      const logits = model.classify(parameters, features);
      right = tf.keep(countRight(logits, clips.labels)); // the tape would free it
      return softmaxCrossEntropy(logits, targets);
    });
    return { ...result, right: right! };
  } finally {
    targets.dispose();
    disposeInput(input);
  }
}

/** One optimiser step on a batch of clips, as {@linkcode gradientStep} does it. */
export async function finetuneStep(
  context: FinetuneContext,
  clips: LabelledClips,
  { random, mixing, ...change }: FinetuneStep,
): Promise<StepResult> {
  const { microBatches } = change;
  const size = clips.batch / microBatches;
  const right: tf.Scalar[] = [];
  const loss = await gradientStep(context, change, async (i) => {
    const streams = random.slice(i * size, (i + 1) * size);
    const piece = partOfClips(clips, microBatches, i);
    const gradients = await classifierGradients(context, piece, streams, mixing.child("part", i));
    right.push(gradients.right);
    return gradients;
  });
  const accuracy = meanOf(right, clips.batch);
  tf.dispose(right);
  // Mixed clips have two labels, so that being right is no longer a yes or no.
  if (!context.mix) return { loss, metrics: { accuracy } };
  accuracy.dispose();
  return { loss };
}
