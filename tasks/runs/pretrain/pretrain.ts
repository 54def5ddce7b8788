import type { Registry } from "@videoms/core";
import type { Output } from "../../output/output.ts";
import { standardOutput } from "../../output/standard_output.ts";
import { createTrainProgress, type TrainProgress } from "../../output/progress/train_progress.ts";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import { reportVideos } from "../videos/report_videos.ts";
import { tellFinished } from "../training/finished_run.ts";
import type { RunStartOptions } from "../training/open_run.ts";
import { tunedRun } from "../training/run_tuning.ts";
import { trainBatches } from "../loader/train_batches.ts";
import { whilePreparing } from "../training/while_preparing.ts";
import { type TrainingRun, trainLoop } from "../training/train_loop.ts";
import { trainRecipe } from "./clip_plans.ts";
import {
  closeSession,
  type FinishedPretrain,
  openSession,
  type PretrainSession,
} from "./pretrain_session.ts";
import { evaluate, type HeldOutResult, saveCheckpoint, savePicture } from "./save_point.ts";
import { trainingStep } from "./training_step.ts";

/** What a run came to. */
export interface PretrainResult extends HeldOutResult {
  /** Optimiser steps done in all. */
  steps: number;
  /** Whether the run was stopped before its end. */
  stopped: boolean;
  /** Folder of the run. */
  folder: string;
}

/** What is known of weights that were not evaluated. */
const NO_LOSSES: HeldOutResult = { loss: null, averageLoss: null };

/** The run as the training loop sees it. */
function trainingRun(session: PretrainSession): TrainingRun {
  const { task, registry, schedule, startStep, videos, folder, log, context, saver, counts } =
    session;
  const clips = { task, videos, recipe: trainRecipe(task), registry, log, before: counts };
  return {
    task,
    schedule,
    device: context.device,
    optimizer: context.optimizer,
    startStep,
    counts,
    trainVideos: videos.train,
    folder,
    log,
    saver,
    batches: (...from) => trainBatches(clips, ...from),
    step: ({ pixels, indices }, change) =>
      trainingStep(context, { pixels, batch: indices.length }, change),
    atEpochEnd: (step, epoch, progress) => atEpochEnd(session, progress, step, epoch),
  };
}

/** Checkpoint, evaluation and picture where an epoch that calls for them has ended. */
async function atEpochEnd(
  session: PretrainSession,
  progress: TrainProgress,
  step: number,
  epoch: number,
): Promise<void> {
  const { task } = session;
  if (task.pictureEvery > 0 && epoch % task.pictureEvery === 0) await savePicture(session, step);
  if (epoch % task.checkpointEvery !== 0) return;
  const losses = await evaluate(session, step, progress.print);
  await saveCheckpoint(session, step, losses);
  if (losses.loss !== null) progress.print(`epoch ${epoch}: ${describeLoss(session, losses)}`);
}

function describeLoss(
  { videos }: Pick<PretrainSession, "videos">,
  { loss, averageLoss }: HeldOutResult,
): string {
  const clips = videos.heldOutIsSeparate ? "held-out clips" : "training clips, centre crop";
  const average = averageLoss === null ? "" : `, averaged weights ${averageLoss.toFixed(4)}`;
  return `loss on ${clips} ${loss?.toFixed(4)}${average}`;
}

/** What a run that was finished before came to, by its log. */
function earlierResult(finished: FinishedPretrain, output: Output): PretrainResult {
  const { end, schedule: { steps }, folder } = finished;
  tellFinished(folder, steps, output.printError);
  const { loss: averageLoss = null } = end.values("evaluation", { weights: "last-average" });
  const { loss = null } = end.values("evaluation");
  const losses = { loss, averageLoss };
  if (loss !== null) output.print(describeLoss(finished, losses));
  return { steps, stopped: false, folder: folder.path, ...losses };
}

/**
 * Pre-trains a masked autoencoder as a task says, and writes its run folder: the resolved task,
 * `log.jsonl`, checkpoints and pictures. A run that was stopped or killed goes on from its last
 * checkpoint; one that is finished is left as it is.
 *
 * @param registry the plugins that the task may use
 * @throws {RangeError} for a task that cannot work, before any frame is decoded
 * @throws {NonFiniteError} if the loss or the gradients stop being finite
 */
export async function pretrain(
  task: PretrainTask,
  registry: Registry,
  options: RunStartOptions = {},
): Promise<PretrainResult> {
  const { signal = new AbortController().signal, output = standardOutput() } = options;
  const session = await whilePreparing(
    { signal, output },
    (hooks) => openSession(task, registry, { ...options, ...hooks }),
  );
  if ("end" in session) return earlierResult(session, output);
  const { schedule, folder, videos, startStep } = session;
  const progress = createTrainProgress({ ...schedule, output: output.status });
  try {
    reportVideos(videos, session.log, progress.print);
    const before = startStep === 0 ? await evaluate(session, 0, progress.print) : null;
    const run = tunedRun(trainingRun(session), session.tuning, progress.print, signal);
    const steps = await trainLoop(run, progress, signal);
    progress.end();
    const stopped = steps < schedule.steps;
    const losses = stopped ? NO_LOSSES : await evaluate(session, steps, progress.print);
    if (steps > startStep) await saveCheckpoint(session, steps, losses);
    await session.saver.settled();
    if (stopped) return { steps, stopped, folder: folder.path, ...losses };
    const picture = await savePicture(session, steps);
    if (losses.loss !== null) {
      const start = before?.loss ? ` (${before.loss.toFixed(4)} before training)` : "";
      output.print(describeLoss(session, losses) + start);
    }
    if (picture) output.print(`picture: ${picture}`);
    return { steps, stopped, folder: folder.path, ...losses };
  } finally {
    progress.end();
    await closeSession(session);
  }
}
