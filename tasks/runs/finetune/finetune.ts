import { randomStream, type Registry } from "@videoms/core";
import type { ClipBatch } from "@videoms/data";
import { standardOutput } from "../../output/standard_output.ts";
import { createTrainProgress, type TrainProgress } from "../../output/progress/train_progress.ts";
import { formatPercent } from "../../output/progress/format.ts";
import { formatCommand } from "../../output/progress/format_command.ts";
import type { FinetuneTask } from "../../definition/finetune_task.ts";
import { reportVideos } from "../videos/report_videos.ts";
import type { LoadedBatch } from "../loader/loader_job.ts";
import { tellFinished } from "../training/finished_run.ts";
import type { RunStartOptions } from "../training/open_run.ts";
import { tunedRun } from "../training/run_tuning.ts";
import { trainBatches } from "../loader/train_batches.ts";
import { whilePreparing } from "../training/while_preparing.ts";
import { type TrainingRun, trainLoop } from "../training/train_loop.ts";
import { type BestCheckpoint, bestOf } from "../classifier/best_checkpoint.ts";
import { loggedValidation } from "../classifier/validation.ts";
import { compareCost, type CostComparison, describeCost } from "./cost_comparison.ts";
import {
  closeFinetuneSession,
  type FinetuneSession,
  type FinishedFinetune,
  openFinetuneSession,
  type ResumeChoice,
} from "./finetune_session.ts";
import {
  isBest,
  saveFinetuneCheckpoint,
  validateSession,
  type ValidationPoint,
} from "./save_point.ts";
import { finetuneStep, type LabelledClips } from "./training_step.ts";

/** How a run is started. */
export interface FinetuneRunOptions extends RunStartOptions {
  /** Which checkpoint an earlier run is taken up from. @default "last" */
  resume?: ResumeChoice;
}

/** What a run came to. */
export interface FinetuneResult {
  /** Optimiser steps done in all. */
  steps: number;
  /** Whether the run was stopped before its end. */
  stopped: boolean;
  /** Folder of the run. */
  folder: string;
  /** Of the last weights; null for a run that was stopped. */
  validation: ValidationPoint | null;
  /** The best checkpoint of the run. */
  best: BestCheckpoint | null;
  /** What the chosen tokens cost against all of them; null if all are looked at, or it was stopped. */
  cost: CostComparison | null;
}

/** Batches of so many optimiser steps. */
function batchesOf(
  session: FinetuneSession,
  epoch: number,
  step: number,
  count: number,
): AsyncGenerator<LoadedBatch, void, void> {
  const { task, registry, videos, log, counts: before } = session;
  const { frames, augmentation, data: { samples } } = task;
  const recipe = { clip: task, frames, crop: augmentation };
  return trainBatches({ task, videos, recipe, registry, log, samples, before }, epoch, step, count);
}

function clipsOf({ pixels, indices, labels, erase }: ClipBatch): LabelledClips {
  return { pixels, batch: indices.length, labels, erase };
}

/** The run as the training loop sees it. */
function trainingRun(session: FinetuneSession, signal: AbortSignal): TrainingRun {
  const { task, schedule, startStep, counts, videos, folder, log, saver, context } = session;
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
    batches: (...from) => batchesOf(session, ...from),
    step: (batch, change) =>
      finetuneStep(context, clipsOf(batch), {
        ...change,
        mixing: randomStream(task.seed, "mix", batch.epoch, batch.step),
      }),
    atEpochEnd: (step, epoch, progress) => atEpochEnd(session, progress, step, epoch, signal),
  };
}

/** Validation and checkpoint where an epoch that calls for them has ended. */
async function atEpochEnd(
  session: FinetuneSession,
  progress: TrainProgress,
  step: number,
  epoch: number,
  signal: AbortSignal,
): Promise<void> {
  const { evaluation, checkpointEvery } = session.task;
  const isDue = epoch % evaluation.every === 0;
  const point = isDue ? await validateSession(session, step, signal) : null;
  if (point) progress.print(`epoch ${epoch}: ${describePoint(session, point)}`);
  if (epoch % checkpointEvery === 0 || (point && isBest(session, point))) {
    await saveFinetuneCheckpoint(session, step, point, isDue);
  }
}

/** Makes up for a validation at the end of an epoch that an earlier process was stopped in. */
async function catchUp(
  session: FinetuneSession,
  progress: TrainProgress,
  signal: AbortSignal,
): Promise<void> {
  const { startStep, startIsValidated, schedule } = session;
  const { steps, stepsPerEpoch } = schedule;
  const atEnd = startStep > 0 && startStep < steps && startStep % stepsPerEpoch === 0;
  if (!atEnd || startIsValidated) return;
  await atEpochEnd(session, progress, startStep, startStep / stepsPerEpoch, signal);
}

/** Whether the end of a step calls for a validation. */
function isValidationDue({ task, schedule }: FinetuneSession, step: number): boolean {
  const { steps, stepsPerEpoch } = schedule;
  return step === steps || step % (stepsPerEpoch * task.evaluation.every) === 0;
}

function describePoint(
  { videos }: Pick<FinetuneSession, "videos">,
  { weights, average }: ValidationPoint,
): string {
  const { top1, topK, k, loss } = weights;
  const clips = videos.heldOutIsSeparate ? "held-out videos" : "training videos, centre clips";
  const averaged = average ? `, averaged weights ${formatPercent(average.top1)}` : "";
  return `${clips}: ${formatPercent(top1)} right, ${formatPercent(topK)} among the first ${k}, ` +
    `loss ${loss.toFixed(4)}${averaged}`;
}

/** Measures what the chosen tokens save, on the clips of the first step. */
async function measureCost(session: FinetuneSession): Promise<CostComparison | null> {
  for await (const batch of batchesOf(session, 0, 0, 1)) {
    const { task: { accumulate }, context } = session;
    const clips = clipsOf(batch);
    const count = clips.batch / accumulate;
    const comparison = await compareCost(context, {
      pixels: clips.pixels.subarray(0, clips.pixels.length / accumulate),
      batch: count,
      labels: clips.labels.subarray(0, count),
      erase: clips.erase.slice(0, count),
    });
    batch.release();
    return comparison;
  }
  return null;
}

/** What is done once every step is and the last weights are validated. */
async function finish(
  session: FinetuneSession,
  steps: number,
  validation: ValidationPoint,
): Promise<Pick<FinetuneResult, "validation" | "best" | "cost">> {
  const { log, best } = session;
  printEnd(session, steps, validation, best);
  const cost = await measureCost(session);
  if (cost) {
    log.append({
      event: "cost",
      step: steps,
      tokens: [...cost.tokens],
      msPerClip: [...cost.msPerClip],
    });
    session.output.print(describeCost(cost));
  }
  printNext(session);
  return { validation, best, cost };
}

/** What {@linkcode printEnd} and {@linkcode printNext} need to know. */
type EndedRun = Pick<FinetuneSession, "task" | "videos" | "schedule" | "folder" | "output">;

function printEnd(
  session: EndedRun,
  steps: number,
  validation: ValidationPoint,
  best: BestCheckpoint | null,
): void {
  session.output.print(describePoint(session, validation));
  if (!best || best.step === steps) return;
  const epoch = Math.round(best.step / session.schedule.stepsPerEpoch);
  session.output.print(
    `best: ${formatPercent(best.accuracy)} after epoch ${epoch} (step ${best.step})`,
  );
}

function printNext({ task: { evaluation: { segments, crops } }, folder, output }: EndedRun): void {
  const command = formatCommand("deno", "task", "evaluate", folder.path);
  output.print(`next: ${command}   (${segments} × ${crops} views of every video)`);
}

/** What a run that was finished before came to, by its log. */
function earlierResult(session: FinishedFinetune & EndedRun): FinetuneResult {
  const { end, schedule: { steps }, folder } = session;
  tellFinished(folder, steps, session.output.printError);
  const validation = {
    weights: loggedValidation(end.values("validation"))!,
    average: loggedValidation(end.values("validation", { weights: "last-average" })),
  };
  const best = bestOf(end.checkpoint.info);
  const logged = end.line("cost") as CostComparison | null;
  const cost = logged && { tokens: logged.tokens, msPerClip: logged.msPerClip };
  printEnd(session, steps, validation, best);
  printNext(session);
  return { steps, stopped: false, folder: folder.path, validation, best, cost };
}

/**
 * Fine-tunes a classifier as a task says, and writes its run folder: the resolved task, `log.jsonl` and
 * checkpoints, the last ones and the best. A run that was stopped or killed goes on from its last
 * checkpoint; one that is finished is left as it is.
 *
 * @param registry the plugins that the task may use
 * @throws {RangeError} for a task that cannot work, before any frame is decoded
 * @throws {NonFiniteError} if the loss or the gradients stop being finite
 */
export async function finetune(
  task: FinetuneTask,
  registry: Registry,
  options: FinetuneRunOptions = {},
): Promise<FinetuneResult> {
  const { signal = new AbortController().signal, output = standardOutput() } = options;
  const session = await whilePreparing(
    { signal, output },
    (hooks) => openFinetuneSession(task, registry, { ...options, ...hooks }),
  );
  if ("end" in session) return earlierResult({ ...session, output });
  const { schedule, folder, videos, startStep, log } = session;
  const progress = createTrainProgress({ ...schedule, output: output.status });
  try {
    reportVideos(videos, log, progress.print);
    await catchUp(session, progress, signal);
    const run = tunedRun(trainingRun(session, signal), session.tuning, progress.print, signal);
    const steps = await trainLoop(run, progress, signal);
    progress.end();
    const isAtEnd = steps === schedule.steps;
    const validation = isAtEnd ? await validateSession(session, steps, signal) : null;
    if (steps > startStep || (validation && !session.startIsValidated)) {
      await saveFinetuneCheckpoint(session, steps, validation, isValidationDue(session, steps));
    }
    await session.saver.settled();
    if (validation) {
      const end = await finish(session, steps, validation);
      return { steps, stopped: false, folder: folder.path, ...end };
    }
    const { best } = session;
    return { steps, stopped: true, folder: folder.path, validation: null, best, cost: null };
  } finally {
    progress.end();
    await closeFinetuneSession(session);
  }
}
