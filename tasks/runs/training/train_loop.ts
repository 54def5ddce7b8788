import { dispose, memory } from "@tensorflow/tfjs-core";
import {
  type Device,
  MetricSums,
  randomStream,
  type RankWaits,
  type SharedSteps,
  type StepResult,
} from "@videoms/core";
import {
  type ClipBatch,
  clipsOf,
  type LoggedMetric,
  loggedMetrics,
  loopLag,
  microBatchesOf,
  type StepClips,
} from "@videoms/data";
import type { CheckpointSubject } from "@videoms/models";
import { type LoopStep, ratesAt, type RunSchedule, setLossName } from "@videoms/studio/train";
import { setTimeout as delay } from "node:timers/promises";
import type { RunTask } from "../../definition/run_task.ts";
import type { LoadedBatch } from "../loader/loader_job.ts";
import type { RunTuning } from "./run_tuning.ts";
import type { TrainProgress } from "./train_progress.ts";
import { StepWatch, type WatchedRun } from "./step_watch.ts";
import { noteDamage, reportDamage } from "../videos/damaged_videos.ts";

/**
 * Steps between two waits for the device. Nothing else holds the program back between two lines of the
 * log, and commands that a GPU has not come to yet hold memory.
 */
const SETTLE_EVERY = 8;

/** A run as the training loop sees it; pre-training, fine-tuning and probes are such runs. */
export interface TrainingRun extends WatchedRun {
  readonly task:
    & WatchedRun["task"]
    & Pick<RunTask, "seed" | "accumulate" | "logEvery" | "optimizer">;
  readonly schedule: RunSchedule;
  readonly device: Device;
  readonly tuning: RunTuning;
  readonly shared: SharedSteps;
  readonly subject: CheckpointSubject;
  readonly startStep: number;
  /** Batches of so many optimiser steps, from a step of an epoch on. */
  batches(epoch: number, step: number, count: number): AsyncGenerator<LoadedBatch, void, void>;
  step(clips: StepClips, change: LoopStep): Promise<StepResult>;
  /** Called after every epoch but the last, which belongs to the end of the run. */
  atEpochEnd(step: number, epoch: number, progress: TrainProgress): Promise<void>;
}

/** Everything that happened since the last line of the log. */
class LogInterval {
  readonly #shared: SharedSteps;
  #start = performance.now();
  #waitMs = 0;
  #clips = 0;
  #replaced = 0;
  #loaderLateMs: number[] = [];
  readonly #metrics = new MetricSums();

  constructor(shared: SharedSteps) {
    this.#shared = shared;
  }

  /**
   * Adds a step, and disposes of what it said; the loss of the last one is logged by itself too. What a
   * skipped step says is left out.
   */
  add(
    { loss, metrics }: StepResult,
    batch: LoadedBatch,
    isLast: boolean,
    isSkipped: boolean,
    replaced: number,
  ): void {
    if (isSkipped) dispose([loss, ...Object.values(metrics ?? {})]);
    else {
      if (isLast) this.#metrics.add("lastLoss", loss.clone());
      const shares = new Map(
        batch.sets?.names.map((name, set) => [setLossName(name), batch.sets!.shares[set]]),
      );
      for (const [name, value] of Object.entries({ loss, ...metrics })) {
        this.#metrics.add(name, value, shares.get(name)); // of a set, its part of the loss
      }
      batch.sets?.names.forEach((name, set) =>
        this.#metrics.add(`share/${name}`, batch.sets!.shares[set])
      );
    }
    this.#waitMs += batch.waitMs;
    this.#clips += batch.indices.length;
    this.#replaced += replaced;
    this.#loaderLateMs.push(...batch.loader.lateMs);
  }

  /** How fast training has been in the interval so far. */
  speed(): { clipsPerSecond: number; waitShare: number } {
    const ms = performance.now() - this.#start;
    const clips = this.#clips * this.#shared.ranks.size;
    return { clipsPerSecond: clips / ms * 1000, waitShare: this.#waitMs / ms };
  }

  /** Reads what is logged, the means of the steps' quantities first, and how each rank waited; starts a new interval. */
  async take(): Promise<{ fields: Record<string, number>; waits: Record<string, RankWaits[]> }> {
    const { lastLoss, ...means } = await this.#metrics.take();
    const speed = this.speed();
    const shares = this.#shared.takeShares(performance.now() - this.#start);
    const fields = {
      ...means,
      ...speed,
      ...shares,
      loaderLagMs: loopLag(this.#loaderLateMs).p99,
      replacedClips: this.#replaced,
      residentBytes: Deno.memoryUsage().rss,
      liveTensors: memory().numTensors,
      lastLoss,
    };
    this.#start = performance.now();
    this.#waitMs = this.#clips = this.#replaced = 0;
    this.#loaderLateMs = [];
    return { fields, waits: await this.#shared.allWaits({ ...shares, ...speed }) };
  }
}

/** What a step is given; its chance depends on seed, epoch and place in the epoch alone. */
export function changeAt(
  { task, schedule, shared }: Pick<TrainingRun, "task" | "schedule" | "shared">,
  batch: ClipBatch,
  step: number,
): LoopStep {
  const count = batch.indices.length * shared.ranks.size;
  return {
    ...ratesAt(schedule, step),
    clipGradient: task.optimizer.clipGradient,
    microBatches: microBatchesOf(task, shared.ranks.size),
    progress: step / schedule.steps,
    mixing: randomStream(task.seed, "mix", batch.epoch, batch.step),
    places: { places: batch.places, together: count / task.accumulate },
    random: Array.from(
      batch.places,
      (place) => randomStream(task.seed, "train", batch.epoch, batch.step * count + place),
    ),
  };
}

/**
 * Trains until the end of the schedule or until it is told to stop. What steps say is read with each
 * line of the log, and whether they all happened also before anything is evaluated or saved.
 *
 * @returns the optimiser steps done in all
 * @throws {NonFiniteError} if loss or gradients stop being finite
 */
export async function trainLoop(
  run: TrainingRun,
  progress: TrainProgress,
  signal: AbortSignal,
): Promise<number> {
  const { task, schedule, log, startStep, counts, shared } = run;
  const { steps, stepsPerEpoch } = schedule;
  const interval = new LogInterval(shared);
  const watch = new StepWatch(run);
  let logged: LoggedMetric[] | null = null;
  let step = startStep;
  if (step >= steps) return step;
  await shared.meet(); // rank 0 may have evaluated first
  const batches = run.batches(
    Math.floor(step / stepsPerEpoch),
    step % stepsPerEpoch,
    steps - step,
  );
  for await (const batch of batches) {
    const change = changeAt(run, batch, step);
    const { learningRate, weightDecay, emaDecay } = change;
    watch.note(step, batch);
    shared.note(batch.replaced);
    const result = await run.step(clipsOf(batch), change);
    const isSkipped = !await watch.happened();
    step++;
    if (isSkipped) progress.print(`Skipped step ${step - 1}: its loss or gradient is not finite`);
    const replaced = await shared.allReplaced(batch.replaced);
    counts.clips += batch.indices.length * shared.ranks.size;
    noteDamage(run, { replaced }, step, (text) => progress.print(text));
    run.saver.check();
    const isLogged = step % task.logEvery === 0 || step === steps;
    interval.add(result, batch, isLogged, isSkipped, replaced.length);
    if (step % SETTLE_EVERY === 0) await run.device.settle();
    if (isLogged) {
      const { gradientNorm, lossScale } = await watch.check();
      const { fields, waits } = await interval.take();
      logged = loggedMetrics({
        ...fields,
        learningRate,
        weightDecay,
        emaDecay: task.optimizer.emaDecayEnd === null ? null : emaDecay, // a constant is in the task
        gradientNorm,
        lossScale: lossScale?.scale,
        overflows: lossScale?.overflows,
      });
      const { epoch } = batch;
      log.append({ event: "step", step, epoch, split: "train", metrics: logged, ...waits });
    }
    progress.update(step, logged ?? loggedMetrics({ learningRate, ...interval.speed() }));
    batch.release();
    // A step on the CPU waits for nothing. Only while nothing is ready does Deno look for signals and for
    // the next batch: setImmediate() would keep something ready all the time, a timer does not.
    await delay(0);
    const isEpochEnd = step % stepsPerEpoch === 0;
    const isStopped = shared.isStopped || step === steps;
    if ((isEpochEnd || isStopped) && !isLogged) await watch.check();
    if (isEpochEnd || isStopped) await shared.requireSameWeights(run.subject.parameters);
    if (isStopped) break;
    // The first step has shown which products there are; between two batches, measuring counts in no step's time.
    if (step === startStep + 1) await run.tuning.measure(progress.print, signal);
    if (!isEpochEnd) continue;
    await run.atEpochEnd(step, step / stepsPerEpoch, progress);
    if (await shared.meet()) break; // told to stop while the epoch was being ended
  }
  reportDamage(run, step, (text) => progress.print(text));
  return step;
}
