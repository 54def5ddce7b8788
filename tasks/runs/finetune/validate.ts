import type { Parameters } from "@videoms/core";
import { type LabelledVideo, type UnreadableVideo, viewBatches } from "@videoms/data";
import { topK } from "@videoms/models";
import type { FinetuneTask } from "../../definition/finetune_task.ts";
import type { ClassifierContext } from "../classifier/classifier_input.ts";
import type { Validation } from "../classifier/validation.ts";
import { classifyClips, crossEntropySum } from "../classifier/classify.ts";
import { centreView } from "../videos/test_clips.ts";

/** What {@linkcode validate} is told. */
export interface ValidateOptions {
  task: FinetuneTask;
  videos: readonly LabelledVideo[];
  /** Videos of the same list that are known to be unreadable. */
  unreadable: readonly UnreadableVideo[];
  /** Called with each video that turns out to be unreadable. */
  onUnreadable: (path: string, error: string) => void;
  signal?: AbortSignal;
}

/** Clips of a forward pass without gradients. */
export function evaluationBatch({ evaluation, batch }: FinetuneTask): number {
  return evaluation.batch ?? Math.max(1, Math.trunc(1.5 * batch));
}

/** Sums over the clips seen so far. */
interface Tally {
  loss: number;
  first: number;
  among: number;
}

/**
 * Classifies the centre clip of every video, once for each set of weights; clips are decoded once.
 *
 * @returns one result for each set of weights
 */
export async function validate(
  context: ClassifierContext,
  weights: readonly Parameters[],
  { task, videos, unreadable, onUnreadable, signal }: ValidateOptions,
): Promise<Validation[]> {
  const { classes } = context.model.options;
  const k = Math.min(5, classes);
  const tallies = weights.map((): Tally => ({ loss: 0, first: 0, among: 0 }));
  let read = 0;
  const batches = viewBatches({
    videos,
    views: centreView(task, context.selector),
    batch: Math.min(evaluationBatch(task), videos.length),
    size: task.model.imageSize,
    processes: task.data.workers || undefined,
    signal,
  });
  for await (const { pixels, clips, failed, release } of batches) {
    for (const { row, error } of failed) onUnreadable(videos[row].record.path, error);
    if (clips.length === 0) continue;
    const labels = clips.map(({ row }) => videos[row].label);
    for (const [i, parameters] of weights.entries()) {
      const { logits } = await classifyClips(context, parameters, { pixels, batch: clips.length });
      tallies[i].loss += crossEntropySum(logits, labels);
      tallies[i].first += topK(logits, labels, 1).reduce((a, b) => a + b, 0);
      tallies[i].among += topK(logits, labels, k).reduce((a, b) => a + b, 0);
    }
    read += clips.length;
    release();
  }
  const all = videos.length + unreadable.length;
  return tallies.map(({ loss, first, among }) => ({
    loss: loss / read,
    top1: first / all,
    topK: among / all,
    k,
    videos: all,
  }));
}
