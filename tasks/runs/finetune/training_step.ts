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
import type { StepClips } from "@videoms/data";
import { type MixOptions, type MixPlan, mixPlan, pixelChange, softTargets } from "@videoms/models";
import {
  type ClassifierContext,
  classifierInput,
  disposeInput,
} from "../classifier/classifier_input.ts";
import type { LoopStep } from "../training/train_loop.ts";

/** What training steps need. */
export interface FinetuneContext extends ClassifierContext, GradientContext {
  device: Device;
  smoothing: number;
  /** How clips are mixed; null for not at all. */
  mix: MixOptions | null;
}

/** {@linkcode LossAndGradients} of clips, and how well they were classified. */
export interface ClassifierGradients extends LossAndGradients {
  /** Clips whose class has the largest score as they are mixed; the caller disposes of it. */
  right: tf.Scalar;
}

/** Loss and gradients of clips, and how many of them are classified rightly as they are mixed. */
export async function classifierGradients(
  context: FinetuneContext,
  clips: StepClips,
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
  clips: StepClips,
  { random, mixing, ...change }: LoopStep,
): Promise<StepResult> {
  const right: tf.Scalar[] = [];
  const loss = await gradientStep(context, change, async (i) => {
    const { random: own, ...part } = partOf({ ...clips, random }, change.microBatches, i);
    const gradients = await classifierGradients(context, part, own, mixing.child("part", i));
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
