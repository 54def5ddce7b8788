import type { Parameters } from "@videoms/core";
import type { FinetuneTask } from "../../definition/finetune_task.ts";
import { classifyClips } from "../classifier/classify.ts";
import type { ClassifierContext } from "../classifier/classifier_input.ts";
import { type RateOptions, rateVideos } from "../classifier/rate_videos.ts";
import { type Validation, validationMetrics } from "../classifier/validation.ts";
import { heldOutVideos, splitOf } from "../training/held_out_videos.ts";
import type { RunParts } from "../training/run_kind.ts";
import { centreView } from "../videos/test_clips.ts";

/** How the weights do, and their average where there is one. */
export interface ValidationPoint {
  weights: Validation;
  average: Validation | null;
}

/** Clips of a forward pass without gradients. */
export function evaluationBatch({ evaluation, batch }: FinetuneTask): number {
  return evaluation.batch ?? Math.max(1, Math.trunc(1.5 * batch));
}

/**
 * Classifies the centre clip of every video, once for each set of weights.
 *
 * @returns one result for each set of weights
 */
export async function validate(
  context: ClassifierContext,
  weights: readonly Parameters[],
  task: FinetuneTask,
  videos: Pick<RateOptions, "videos" | "unreadable" | "onUnreadable" | "processes" | "signal">,
): Promise<Validation[]> {
  const { classes } = context.model.options;
  return await rateVideos(weights.length, async (clips) => {
    const scores = new Float32Array(weights.length * clips.batch * classes);
    for (const [i, parameters] of weights.entries()) {
      const { logits } = await classifyClips(context, parameters, clips);
      scores.set(logits, i * logits.length);
    }
    return scores;
  }, {
    ...videos,
    classes,
    views: centreView(task, context.selector),
    batch: Math.min(evaluationBatch(task), videos.videos.length),
    size: task.model.imageSize,
  });
}

/** Validates the weights of a run, and their average, and logs what it finds. */
export async function validateRun(
  run: RunParts & { readonly task: FinetuneTask; readonly context: ClassifierContext },
  step: number,
): Promise<ValidationPoint> {
  const { context, task, videos, log, subject: { parameters, average } } = run;
  const sets = average ? [parameters, average.parameters] : [parameters];
  const [weights, averaged] = await validate(context, sets, task, heldOutVideos(run, step));
  log.append({
    event: "validation",
    step,
    split: splitOf(videos),
    metrics: [
      ...validationMetrics(weights),
      ...averaged ? validationMetrics(averaged, { weights: "last-average" }) : [],
    ],
  });
  return { weights, average: averaged ?? null };
}
