import { memory } from "@tensorflow/tfjs-core";
import { type RandomStream, randomStream } from "@videoms/core";
import type { ClipBatch, LabelledVideo } from "@videoms/data";
import type { TrainProgress } from "../progress/train_progress.ts";
import type { RunFolder } from "../run_folder/run_folder.ts";
import type { RunLog } from "../run_folder/run_log.ts";
import type { RunTask } from "../task/run_task.ts";
import type { StepChange, StepResult } from "./gradient_step.ts";
import { NonFiniteError } from "./optimize_step.ts";
import { ratesAt, type RunSchedule } from "./run_schedule.ts";

/** What is told about a step beside its loss; the log has the means of its quantities. */
export interface TrainedStep extends StepResult {
  /** Further quantities, such as the accuracy on the training clips. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** What the loop hands to a step. */
export interface LoopStep extends StepChange {
  /** One stream per clip. */
  random: readonly RandomStream[];
}

/** A run as the training loop sees it; pre-training, fine-tuning and probes are such runs. */
export interface TrainingRun {
  readonly task: Pick<RunTask, "seed" | "accumulate" | "logEvery" | "optimizer">;
  readonly schedule: RunSchedule;
  /** Optimiser steps that an earlier process did. */
  readonly startStep: number;
  /** The list that batches are drawn from, to name clips in errors. */
  readonly trainVideos: readonly LabelledVideo[];
  readonly folder: RunFolder;
  readonly log: RunLog;
  /** Batches of an optimiser step, from a step of an epoch on. */
  batches(epoch: number, step: number): AsyncGenerator<ClipBatch, void, void>;
  /** One optimiser step. */
  step(batch: ClipBatch, change: LoopStep): Promise<TrainedStep>;
  /** Called after every epoch but the last, which belongs to the end of the run. */
  atEpochEnd(step: number, epoch: number, progress: TrainProgress): Promise<void>;
}

/** Everything that happened since the last line of the log. */
class LogInterval {
  #start = performance.now();
  #steps = 0;
  #sums: Record<string, number> = {};
  #waitMs = 0;
  #clips = 0;
  #replaced = 0;

  add({ loss, metrics }: TrainedStep, batch: ClipBatch): void {
    this.#steps++;
    for (const [name, value] of Object.entries({ loss, ...metrics })) {
      this.#sums[name] = (this.#sums[name] ?? 0) + value;
    }
    this.#waitMs += batch.waitMs;
    this.#clips += batch.indices.length;
    this.#replaced += batch.replaced.length;
  }

  /** What is logged; starts a new interval. */
  take(): Record<string, number> {
    const ms = performance.now() - this.#start;
    const means = Object.entries(this.#sums).map(([name, sum]) => [name, sum / this.#steps]);
    const fields = {
      ...Object.fromEntries(means),
      clipsPerSecond: this.#clips / ms * 1000,
      waitShare: this.#waitMs / ms,
      replacedClips: this.#replaced,
      residentBytes: Deno.memoryUsage().rss,
      liveTensors: memory().numTensors,
    };
    this.#start = performance.now();
    this.#sums = {};
    this.#steps =
      this.#waitMs =
      this.#clips =
      this.#replaced =
        0;
    return fields;
  }
}

/** What a step is given; its chance depends on seed, epoch and place in the epoch alone. */
function changeAt({ task, schedule }: TrainingRun, batch: ClipBatch, step: number): LoopStep {
  const count = batch.indices.length;
  return {
    ...ratesAt(schedule, step),
    clipGradient: task.optimizer.clipGradient,
    microBatches: task.accumulate,
    random: Array.from(
      { length: count },
      (_, b) => randomStream(task.seed, "train", batch.epoch, batch.step * count + b),
    ),
  };
}

/** Names the clips of a batch that training could not go on from. */
function explain(error: unknown, run: TrainingRun, batch: ClipBatch, step: number): unknown {
  if (!(error instanceof NonFiniteError)) return error;
  const clips = [...batch.indices].map((row) => run.trainVideos[row].record.path);
  run.log.append({ event: "non-finite", step, clips });
  error.message += `. The clips of the step are in ${run.folder.path}/log.jsonl; ` +
    "a lower optimizer.lr or a limit for optimizer.clipGradient usually helps.";
  return error;
}

/** Tells and logs which clips of a batch could not be decoded. */
function reportReplaced(
  { log }: TrainingRun,
  batch: ClipBatch,
  step: number,
  progress: TrainProgress,
): void {
  for (const { path, error, by } of batch.replaced) {
    progress.print(`Replaced a clip of ${path} (${error}) by one of ${by}`);
    log.append({ event: "replaced", step, path, error, by });
  }
}

/**
 * Trains until the end of the schedule or until it is told to stop.
 *
 * @returns the optimiser steps done in all
 * @throws {NonFiniteError} if loss or gradients stop being finite
 */
export async function trainLoop(
  run: TrainingRun,
  progress: TrainProgress,
  signal: AbortSignal,
): Promise<number> {
  const { task, schedule, log, startStep } = run;
  const { steps, stepsPerEpoch } = schedule;
  const interval = new LogInterval();
  let step = startStep;
  if (step >= steps) return step;
  const batches = run.batches(Math.floor(step / stepsPerEpoch), step % stepsPerEpoch);
  for await (const batch of batches) {
    const started = performance.now();
    const change = changeAt(run, batch, step);
    const result = await run.step(batch, change).catch((error) => {
      throw explain(error, run, batch, step);
    });
    step++;
    reportReplaced(run, batch, step, progress);
    interval.add(result, batch);
    const waitSeconds = batch.waitMs / 1000;
    progress.update({
      step,
      loss: result.loss,
      rate: change.learningRate,
      clips: batch.indices.length,
      seconds: (performance.now() - started) / 1000 + waitSeconds,
      waitSeconds,
    });
    if (step % task.logEvery === 0 || step === steps) {
      log.append({
        event: "step",
        step,
        epoch: batch.epoch,
        ...interval.take(),
        lastLoss: result.loss,
        learningRate: change.learningRate,
        weightDecay: change.weightDecay,
        gradientNorm: result.gradientNorm,
      });
    }
    batch.release();
    if (signal.aborted || step === steps) break;
    if (step % stepsPerEpoch === 0) await run.atEpochEnd(step, step / stepsPerEpoch, progress);
    if (signal.aborted) break; // told to stop while the epoch was being ended
  }
  return step;
}
