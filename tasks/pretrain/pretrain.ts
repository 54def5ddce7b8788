import { memory } from "@tensorflow/tfjs-core";
import { randomStream, type Registry } from "@videoms/core";
import { type ClipBatch, clipBatches } from "@videoms/data";
import { createProgress, type Progress } from "../progress/progress.ts";
import { createTrainProgress, type TrainProgress } from "../progress/train_progress.ts";
import type { PretrainTask } from "../task/pretrain_task.ts";
import { NonFiniteError } from "../training/optimize_step.ts";
import { clipPlan } from "./clip_plans.ts";
import { closeSession, openSession, type PretrainSession } from "./pretrain_session.ts";
import { ratesAt } from "./run_schedule.ts";
import { evaluate, type HeldOutResult, saveCheckpoint, savePicture } from "./save_point.ts";
import { type StepResult, trainingStep } from "./training_step.ts";

/** How a run is started. */
export interface PretrainRunOptions {
  /** Delete what an earlier run wrote and start anew. @default false */
  fresh?: boolean;
  /** Stops the run after the step at hand; it saves a checkpoint first. */
  signal?: AbortSignal;
}

/** What a run came to. */
export interface PretrainResult extends HeldOutResult {
  /** Optimiser steps done in all. */
  steps: number;
  /** Whether the run was stopped before its end. */
  stopped: boolean;
  /** Folder of the run. */
  folder: string;
}

/** Everything that happened since the last line of the log. */
class LogInterval {
  #start = performance.now();
  #losses: number[] = [];
  #waitMs = 0;
  #clips = 0;
  #replaced = 0;

  add(loss: number, batch: ClipBatch): void {
    this.#losses.push(loss);
    this.#waitMs += batch.waitMs;
    this.#clips += batch.indices.length;
    this.#replaced += batch.replaced.length;
  }

  /** What is logged; starts a new interval. */
  take(): Record<string, number> {
    const ms = performance.now() - this.#start;
    const fields = {
      loss: this.#losses.reduce((a, b) => a + b, 0) / this.#losses.length,
      clipsPerSecond: this.#clips / ms * 1000,
      waitShare: this.#waitMs / ms,
      replacedClips: this.#replaced,
      residentBytes: Deno.memoryUsage().rss,
      liveTensors: memory().numTensors,
    };
    this.#start = performance.now();
    this.#losses = [];
    this.#waitMs = this.#clips = this.#replaced = 0;
    return fields;
  }
}

/** Batches of the run from its first open step on. */
function batchesOf(session: PretrainSession): ReturnType<typeof clipBatches> {
  const { task, selector, schedule, startStep, videos } = session;
  return clipBatches({
    videos: videos.train,
    batch: task.batch * task.accumulate,
    size: task.model.imageSize,
    plan: clipPlan(task, selector, "train"),
    seed: task.seed,
    epoch: Math.floor(startStep / schedule.stepsPerEpoch),
    step: startStep % schedule.stepsPerEpoch,
    processes: task.data.workers || undefined,
    prefetch: task.data.prefetch,
    maxReplaced: task.data.maxReplaced,
  });
}

/** One step on one batch; its chance depends on seed, epoch and place in the epoch alone. */
async function stepOn(
  session: PretrainSession,
  batch: ClipBatch,
  step: number,
): Promise<StepResult & { learningRate: number; weightDecay: number }> {
  const { task, context, schedule } = session;
  const { learningRate, weightDecay } = ratesAt(schedule, step);
  const count = batch.indices.length;
  const result = await trainingStep(context, { pixels: batch.pixels, batch: count }, {
    learningRate,
    weightDecay,
    clipGradient: task.optimizer.clipGradient,
    microBatches: task.accumulate,
    random: Array.from(
      { length: count },
      (_, b) => randomStream(task.seed, "train", batch.epoch, batch.step * count + b),
    ),
  });
  return { ...result, learningRate, weightDecay };
}

/** Names the clips of a batch that training could not go on from. */
function explain(error: unknown, session: PretrainSession, batch: ClipBatch): unknown {
  if (!(error instanceof NonFiniteError)) return error;
  const clips = [...batch.indices].map((row) => session.videos.train[row].record.path);
  session.log.append({ event: "non-finite", step: session.subject.optimizer.steps, clips });
  error.message += `. The clips of the step are in ${session.folder.path}/log.jsonl; ` +
    "a lower optimizer.lr or a limit for optimizer.clipGradient usually helps.";
  return error;
}

/** Trains until the end of the schedule or until it is told to stop; gives back the steps done. */
async function train(
  session: PretrainSession,
  progress: TrainProgress,
  signal: AbortSignal,
): Promise<number> {
  const { task, schedule, log, startStep } = session;
  const interval = new LogInterval();
  let step = startStep;
  if (step >= schedule.steps) return step;
  for await (const batch of batchesOf(session)) {
    const started = performance.now();
    const result = await stepOn(session, batch, step).catch((error) => {
      throw explain(error, session, batch);
    });
    step++;
    for (const { path, error, by } of batch.replaced) {
      progress.print(`Replaced a clip of ${path} (${error}) by one of ${by}`);
      log.append({ event: "replaced", step, path, error, by });
    }
    interval.add(result.loss, batch);
    const waitSeconds = batch.waitMs / 1000;
    progress.update({
      step,
      loss: result.loss,
      rate: result.learningRate,
      clips: batch.indices.length,
      seconds: (performance.now() - started) / 1000 + waitSeconds,
      waitSeconds,
    });
    if (step % task.logEvery === 0 || step === schedule.steps) {
      const { learningRate, weightDecay, gradientNorm } = result;
      log.append({
        event: "step",
        step,
        epoch: batch.epoch,
        ...interval.take(),
        lastLoss: result.loss,
        learningRate,
        weightDecay,
        gradientNorm,
      });
    }
    batch.release();
    if (signal.aborted || step === schedule.steps) break;
    await atEpochEnd(session, progress, step);
  }
  return step;
}

/** Checkpoint, evaluation and picture where an epoch that calls for them has ended. */
async function atEpochEnd(
  session: PretrainSession,
  progress: TrainProgress,
  step: number,
): Promise<void> {
  const { task, schedule } = session;
  if (step % schedule.stepsPerEpoch !== 0) return;
  const epoch = step / schedule.stepsPerEpoch;
  if (task.pictureEvery > 0 && epoch % task.pictureEvery === 0) await savePicture(session, step);
  if (epoch % task.checkpointEvery !== 0) return;
  const { loss, averageLoss } = await evaluate(session, step);
  await saveCheckpoint(session, step);
  if (loss !== null) {
    progress.print(`epoch ${epoch}: ${describeLoss(session, { loss, averageLoss })}`);
  }
}

function describeLoss(session: PretrainSession, { loss, averageLoss }: HeldOutResult): string {
  const clips = session.videos.heldOutIsSeparate ? "held-out clips" : "training clips, centre crop";
  const average = averageLoss === null ? "" : `, averaged weights ${averageLoss.toFixed(4)}`;
  return `loss on ${clips} ${loss?.toFixed(4)}${average}`;
}

/** A progress line for each stage of the preparation. */
function preparationProgress(): {
  show: (what: string, done: number, total: number) => void;
  end: () => void;
} {
  let label = "";
  let progress: Progress | null = null;
  return {
    show(what, done, total) {
      if (what !== label) {
        progress?.end();
        progress = createProgress({ label: what, total, unit: "videos" });
        label = what;
      }
      progress!.update(done);
    },
    end: () => progress?.end(),
  };
}

/**
 * Pre-trains a masked autoencoder as a task says, and writes its run folder: the resolved task,
 * `log.jsonl`, checkpoints and pictures. A run that was stopped or killed goes on from its last
 * checkpoint.
 *
 * @param registry the plugins that the task may use
 * @throws {RangeError} for a task that cannot work, before any frame is decoded
 * @throws {NonFiniteError} if the loss or the gradients stop being finite
 */
export async function pretrain(
  task: PretrainTask,
  registry: Registry,
  { fresh = false, signal = new AbortController().signal }: PretrainRunOptions = {},
): Promise<PretrainResult> {
  const preparing = preparationProgress();
  const session = await openSession(task, registry, {
    fresh,
    tell: (text) => console.error(text),
    onProgress: preparing.show,
    signal,
  }).finally(preparing.end);
  const { schedule, folder, videos, startStep } = session;
  const progress = createTrainProgress(schedule);
  try {
    for (const { path, error } of videos.unreadable) {
      progress.print(`Leaving out ${path}: ${error}`);
      session.log.append({ event: "unreadable", path, error });
    }
    const before = startStep === 0 ? await evaluate(session, 0) : null;
    const steps = await train(session, progress, signal);
    progress.end();
    const stopped = steps < schedule.steps;
    if (steps > startStep) await saveCheckpoint(session, steps);
    if (stopped) return { steps, stopped, folder: folder.path, loss: null, averageLoss: null };
    const losses = await evaluate(session, steps);
    const picture = await savePicture(session, steps);
    if (losses.loss !== null) {
      const start = before?.loss ? ` (${before.loss.toFixed(4)} before training)` : "";
      console.log(describeLoss(session, losses) + start);
    }
    if (picture) console.log(`picture: ${picture}`);
    return { steps, stopped, folder: folder.path, ...losses };
  } finally {
    progress.end();
    closeSession(session);
  }
}
