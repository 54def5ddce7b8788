import { joinRows } from "@videoms/core";
import type { RawClips } from "@videoms/data";
import { classifyClips } from "@videoms/studio/classify";
import type { FinetuneContext } from "@videoms/studio/train";
import { centreView, videoSelector } from "@videoms/studio/views";
import type { FinetuneTask } from "../../definition/finetune_task.ts";
import { type Validation, validationMetrics, validationTally } from "../classifier/validation.ts";
import { rateHeldOut } from "../training/held_out_videos.ts";
import type { RunParts } from "../training/run_kind.ts";

/** How the weights do, and their average where there is one. */
export interface ValidationPoint {
  weights: Validation;
  average: Validation | null;
}

/** Clips of a forward pass without gradients. */
export function evaluationBatch({ evaluation, batch }: FinetuneTask): number {
  return evaluation.batch ?? Math.max(1, Math.trunc(1.5 * batch));
}

/** Validates the weights of a run, and their average, on the centre clip of every video, and logs what it finds. */
export async function validateRun(
  run: RunParts & { readonly task: FinetuneTask; readonly context: FinetuneContext },
  step: number,
): Promise<ValidationPoint> {
  const { context, task, videos, subject: { parameters, average } } = run;
  const sets = average ? [parameters, average.parameters] : [parameters];
  const score = async (clips: RawClips) => {
    const logits: Float32Array[] = [];
    for (const set of sets) logits.push((await classifyClips(context, set, clips)).logits);
    return joinRows(Float32Array, logits);
  };
  const [weights, averaged = null] = await rateHeldOut(run, sets.length, score, {
    step,
    event: "validation",
    tally: () => validationTally(videos.classes.length, context.targets ?? null),
    views: centreView(task, videoSelector(run.registry, task, context.selector)),
    batch: Math.min(evaluationBatch(task), videos.heldOut.length),
    size: task.model.imageSize,
    metrics: ([weights, averaged]) => [
      ...validationMetrics(weights),
      ...averaged ? validationMetrics(averaged, { weights: "last-average" }) : [],
    ],
  });
  return { weights, average: averaged };
}
