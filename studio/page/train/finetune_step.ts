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
import type { StepClips } from "@videoms/data/plain";
import {
  type MixOptions,
  type MixPlan,
  mixPlan,
  type NumberError,
  partOfMixPlan,
  pixelChange,
  softTargets,
  targetLoss,
  type Targets,
} from "@videoms/models";
import { type ClassifierContext, classifierInput, disposeInput } from "../classify/mod.ts";
import type { LoopStep } from "./loop_step.ts";
import { SetLosses } from "./set_losses.ts";

/** What training steps need. */
export interface FinetuneContext extends ClassifierContext, GradientContext {
  device: Device;
  smoothing: number;
  /** How clips are mixed; null for not at all. */
  mix: MixOptions | null;
  /** What is predicted in place of a class. @default nothing, classes are */
  targets?: Targets | null;
  /** Error that numbers are trained by. @default "squared" */
  numberError?: NumberError;
}

/** {@linkcode LossAndGradients} of clips, and how well they were classified. */
export interface ClassifierGradients extends LossAndGradients {
  /**
   * Clips whose class has the largest score as they are mixed, which the caller disposes of; null where no class is
   * predicted.
   */
  right: tf.Scalar | null;
}

/**
 * Loss and gradients of clips, and how many of them are classified rightly as they are mixed.
 *
 * @param ofSets takes the losses of the sets that clips are of, int32 [B]
 */
export async function classifierGradients(
  context: FinetuneContext,
  clips: StepClips,
  random: readonly RandomStream[],
  plan: MixPlan | null,
  ofSets: { losses: SetLosses; of: Int32Array } | null = null,
): Promise<ClassifierGradients> {
  const { model, parameters, smoothing, targets: predicted, numberError = "squared" } = context;
  const { geometry, classes } = model.options;
  const change = pixelChange(geometry, clips.erase, random, plan);
  const input = await classifierInput(context, clips, "train", random, change);
  const targets = softTargets(clips.labels, classes, smoothing, plan);
  let right: tf.Scalar | null = null;
  try {
    const result = lossAndGradients(parameters, () => {
      const features = model.features(parameters, input.patches, input.kept, random);
      const logits = model.classify(parameters, features);
      ofSets?.losses.add(ofSets.of, (own, rows) => {
        if (!predicted) return softmaxCrossEntropy(own(logits), own(targets));
        const wanted = rows.flatMap((b) => [
          ...clips.targets!.subarray(b * classes, (b + 1) * classes),
        ]);
        return targetLoss(own(logits), wanted, predicted, numberError);
      });
      if (predicted) return targetLoss(logits, clips.targets!, predicted, numberError);
      right = tf.keep(countRight(logits, clips.labels)); // the tape would free it
      return softmaxCrossEntropy(logits, targets);
    });
    return { ...result, right };
  } finally {
    targets.dispose();
    disposeInput(input);
  }
}

/** How part `i` of a rank's clips is mixed: by a plan of the whole micro-batch that it is of. */
function mixOf(
  { mix }: FinetuneContext,
  { mixing, places }: LoopStep,
  own: number,
  i: number,
): MixPlan | null {
  if (!mix) return null;
  if (!places) return mixPlan(own, mix, mixing.child("part", i));
  const { together } = places;
  const here = places.places.subarray(i * own, (i + 1) * own);
  const microBatch = Math.floor(here[0] / together);
  const plan = mixPlan(together, mix, mixing.child("part", microBatch));
  return partOfMixPlan(plan, here.map((place) => place - microBatch * together));
}

/**
 * One optimiser step on a batch of clips, as {@linkcode gradientStep} does it. For clips of a mix of data sets it also
 * gives the part of the loss that is of each set, as {@linkcode SetLosses} has it; where clips are mixed with each other,
 * one is of the set of the clip that the other is mixed into.
 */
export async function finetuneStep(
  context: FinetuneContext,
  { sets, ...clips }: StepClips,
  step: LoopStep,
): Promise<StepResult> {
  const { random, mixing: _, places: __, ...change } = step;
  const { microBatches } = change;
  const { gradientAverage } = context;
  const losses = sets && new SetLosses(sets.names);
  const all = { ...clips, random, of: sets?.of };
  const right: tf.Scalar[] = [];
  const loss = await gradientStep(context, change, async (i) => {
    const { random: own, of, ...part } = partOf(all, microBatches, i);
    const plan = mixOf(context, step, part.batch, i);
    const ofSets = losses && of ? { losses, of } : null;
    const gradients = await classifierGradients(context, part, own, plan, ofSets);
    if (gradients.right) right.push(gradients.right);
    return gradients;
  });
  const metrics = await losses?.take(microBatches, gradientAverage) ?? {};
  if (right.length > 0) {
    const own = meanOf(right, clips.batch);
    const accuracy = await gradientAverage?.meanOf(own) ?? own;
    tf.dispose(right);
    // Mixed clips have two labels, so that being right is no longer a yes or no.
    if (context.mix) accuracy.dispose();
    else metrics.accuracy = accuracy;
  }
  return { loss, metrics };
}
