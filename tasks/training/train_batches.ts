import { type ClipBatch, clipBatches, type PlanClip } from "@videoms/data";
import type { RunTask } from "../task/run_task.ts";
import type { RunVideos } from "./prepare_videos.ts";

/** Where training batches come from. */
export interface TrainBatchesOptions {
  task: Pick<RunTask, "seed" | "batch" | "accumulate" | "data">;
  videos: RunVideos;
  /** Side of a clip's square frames in pixels. */
  size: number;
  plan: PlanClip;
  /** Augmented copies of each clip. @default 1 */
  samples?: number;
}

/** Batches of an optimiser step, from a step of an epoch on. */
export function trainBatches(
  { task, videos, size, plan, samples }: TrainBatchesOptions,
  epoch: number,
  step: number,
): AsyncGenerator<ClipBatch, void, void> {
  return clipBatches({
    videos: videos.train,
    batch: task.batch * task.accumulate,
    size,
    plan,
    samples,
    seed: task.seed,
    epoch,
    step,
    processes: task.data.workers || undefined,
    prefetch: task.data.prefetch,
    maxReplaced: task.data.maxReplaced,
  });
}
