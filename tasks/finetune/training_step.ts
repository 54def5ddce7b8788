import * as tf from "@tensorflow/tfjs-core";
import {
  type LossAndGradients,
  lossAndGradients,
  type RandomStream,
  softmaxCrossEntropy,
} from "@videoms/core";
import type { EraseBox } from "@videoms/data";
import {
  eraseWithNoise,
  type MixOptions,
  mixPatchValues,
  type MixPlan,
  mixPlan,
  softTargets,
  topK,
} from "@videoms/models";
import { type GradientContext, gradientStep, partOf } from "../training/gradient_step.ts";
import type { LoopStep, TrainedStep } from "../training/train_loop.ts";
import { type ClassifierContext, classifierInput, disposeInput } from "./classifier_input.ts";

/** What training steps need. */
export interface FinetuneContext extends ClassifierContext, GradientContext {
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

function part(clips: LabelledClips, parts: number, i: number): LabelledClips {
  const { pixels, batch } = partOf(clips, parts, i);
  const from = i * batch;
  return {
    pixels,
    batch,
    labels: clips.labels.subarray(from, from + batch),
    erase: clips.erase.slice(from, from + batch),
  };
}

/** Loss and gradients of clips, and how many of them are classified rightly as they are mixed. */
export async function classifierGradients(
  context: FinetuneContext,
  clips: LabelledClips,
  random: readonly RandomStream[],
  mixing: RandomStream,
): Promise<LossAndGradients & { correct: number }> {
  const { model, parameters, smoothing } = context;
  const { geometry, classes } = model.options;
  const plan: MixPlan | null = context.mix && mixPlan(clips.batch, context.mix, mixing);
  const input = await classifierInput(context, clips, "train", random, (values) => {
    // In the order of the reference: what is erased of a clip is erased of its mixtures too.
    const noise = random.map((stream) => stream.child("erase"));
    eraseWithNoise(values, geometry, clips.erase, noise);
    return plan ? mixPatchValues(values, geometry, plan) : values;
  });
  const targets = softTargets(clips.labels, classes, smoothing, plan);
  let logits: tf.Tensor2D | null = null;
  try {
    const result = lossAndGradients(parameters, () => {
      const features = model.features(parameters, input.patches, input.kept, random);
      // Kept for the accuracy; the tape would free it.
      logits = tf.keep(model.classify(parameters, features));
      return softmaxCrossEntropy(logits, targets);
    });
    const scores = await logits!.data();
    return { ...result, correct: topK(scores, clips.labels, 1).reduce((a, b) => a + b, 0) };
  } finally {
    tf.dispose([targets, ...(logits ? [logits] : [])]);
    disposeInput(input);
  }
}

/**
 * One optimiser step on a batch of clips.
 *
 * @throws {NonFiniteError} if loss or gradient norm are not finite; the weights are then unchanged
 */
export async function finetuneStep(
  context: FinetuneContext,
  clips: LabelledClips,
  { random, mixing, ...change }: FinetuneStep,
): Promise<TrainedStep> {
  const { microBatches } = change;
  const size = clips.batch / microBatches;
  let correct = 0;
  const result = await gradientStep(context, change, async (i) => {
    const streams = random.slice(i * size, (i + 1) * size);
    const piece = part(clips, microBatches, i);
    const gradients = await classifierGradients(context, piece, streams, mixing.child("part", i));
    correct += gradients.correct;
    return gradients;
  });
  // Mixed clips have two labels, so that being right is no longer a yes or no.
  return context.mix ? result : { ...result, metrics: { accuracy: correct / clips.batch } };
}
