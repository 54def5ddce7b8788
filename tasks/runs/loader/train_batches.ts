import type { Registry } from "@videoms/core";
import { foreignPlugin, modulesOf } from "../../definition/plugins.ts";
import type { RunTask } from "../../definition/run_task.ts";
import { loadInWorker } from "./data_worker_batches.ts";
import { type ClipRecipe, type LoadedBatch, loadHere, pluginsOfRecipe } from "./loader_job.ts";
import type { RunLog, RunVideos } from "@videoms/data";
import type { RunCounts } from "../checkpoint/resume_note.ts";

export interface TrainBatchesOptions {
  task: Pick<RunTask, "seed" | "batch" | "accumulate" | "data">;
  videos: Pick<RunVideos, "train" | "sets">;
  recipe: ClipRecipe;
  registry: Registry;
  /** Told where clips cannot be loaded by a thread of their own. */
  log: Pick<RunLog, "append">;
  samples?: number;
  /** Positions in a step of the clips of this rank. @default all */
  places?: readonly number[];
  /** Concurrent ffmpeg processes where the task says none. @default the number of processor cores */
  processes?: number;
  /** Clips of earlier processes of the run. @default none */
  before?: RunCounts;
}

/**
 * Batches of so many optimiser steps, from a step of an epoch on. A thread of its own loads them, unless a
 * plugin that they need is known to this program alone; then the main thread does.
 */
export function trainBatches(
  { task, videos, recipe, registry, log, samples = 1, places, processes, before }:
    TrainBatchesOptions,
  epoch: number,
  step: number,
  count?: number,
): AsyncGenerator<LoadedBatch, void, void> {
  const job = {
    recipe,
    videos: videos.train,
    batch: task.batch * task.accumulate,
    size: recipe.clip.model.imageSize,
    samples,
    places,
    seed: task.seed,
    epoch,
    step,
    count,
    processes: task.data.workers || processes,
    prefetch: task.data.prefetch,
    maxReplaced: task.data.maxReplaced,
    before: before && {
      seen: before.clips / samples,
      replaced: before.replaced,
      files: Object.keys(before.damaged),
    },
  };
  const foreign = foreignPlugin(registry, pluginsOfRecipe(recipe, videos.sets));
  if (foreign === null) return loadInWorker(job, modulesOf(registry));
  log.append({ event: "loader", thread: "main", plugin: foreign });
  return loadHere(job, registry);
}
