import type { Registry } from "@videoms/core";
import { probeGrid, type ProbeHead } from "@videoms/models";
import { centreView, evaluationViews, type PlanViews } from "../videos/test_clips.ts";
import { standardOutput } from "../../output/standard_output.ts";
import { formatPercent } from "../../output/progress/format.ts";
import { createTrainProgress, type TrainProgress } from "../../output/progress/train_progress.ts";
import type { ProbeTask } from "../../definition/probe_task.ts";
import type { Split } from "@videoms/data";
import { reportVideos } from "../videos/report_videos.ts";
import { loggedValidation, validationMetrics } from "../classifier/validation.ts";
import { headName } from "../log/logged_metric.ts";
import { type FinishedRun, tellFinished } from "../training/finished_run.ts";
import type { RunStartOptions } from "../training/open_run.ts";
import { tunedRun } from "../training/run_tuning.ts";
import { trainBatches } from "../loader/train_batches.ts";
import { whilePreparing } from "../training/while_preparing.ts";
import { type TrainingRun, trainLoop } from "../training/train_loop.ts";
import {
  closeProbeSession,
  evaluationBatch,
  type FinishedProbe,
  openProbeSession,
  type ProbeSession,
} from "./probe_session.ts";
import { probeStep } from "./probe_step.ts";
import { probeTable } from "./probe_table.ts";
import { bestHead, type RatedHead, type RatedHeads, rateHeads } from "./rate_heads.ts";

/** What a probe came to. */
export interface ProbeResult {
  /** Optimiser steps done in all. */
  steps: number;
  /** Whether the run was stopped before its end. */
  stopped: boolean;
  /** Folder of the run. */
  folder: string;
  /** How every head does on all views; null for a run that was stopped. */
  rated: RatedHeads | null;
  /** The best of them; null for a run that was stopped. */
  best: RatedHead | null;
}

/** Which list heads are rated on. */
function listOf({ videos }: Pick<ProbeSession, "videos">): "held-out" | "training" {
  return videos.heldOutIsSeparate ? "held-out" : "training";
}

/** Rates every head and logs it; null if the run is told to stop meanwhile. */
async function rate(
  session: ProbeSession,
  step: number,
  event: "validation" | "evaluation",
  views: PlanViews,
  signal: AbortSignal,
): Promise<RatedHeads | null> {
  const { encoder, heads, subject, task, videos, log } = session;
  const split: Split = videos.heldOutIsSeparate ? "heldOut" : "train";
  const rated = await rateHeads(encoder, heads, subject.parameters, {
    videos: videos.heldOut,
    unreadable: videos.unreadable.filter((one) => one.split === split),
    views,
    batch: evaluationBatch(task),
    workers: task.data.workers,
    onUnreadable: (path, error) => log.append({ event: "unreadable", step, path, error }),
    signal,
  }).catch((error) => {
    if (signal.aborted) return null;
    throw error;
  });
  if (!rated) return null;
  const { heads: rows, k, videos: count } = rated;
  const metrics = (row: RatedHead, head?: string) =>
    validationMetrics({ ...row, k, videos: count }, { head });
  const { segments, crops } = task.evaluation;
  log.append({
    event,
    step,
    split: videos.heldOutIsSeparate ? "held-out" : "train",
    ...event === "evaluation" ? { views: `${segments} × ${crops}` } : {},
    metrics: [
      ...metrics(rows[bestHead(rows)]),
      ...rows.flatMap((head) => metrics(head, headName(head))),
    ],
  });
  return rated;
}

function describeBest({ heads }: RatedHeads): string {
  const { kind, rate, decay, top1 } = heads[bestHead(heads)];
  return `${formatPercent(top1)} by the ${kind} head of rate ${rate}, decay ${decay}`;
}

/** The run as the training loop sees it. */
function trainingRun(session: ProbeSession, signal: AbortSignal): TrainingRun {
  const { task, registry, schedule, startStep, counts, videos, folder, log, saver, context, clip } =
    session;
  const recipe = { clip, frames: task.frames, crop: task.augmentation };
  const clips = { task, videos, recipe, registry, log, before: counts };
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
    step: (batch, change) => probeStep(context, batch, change),
    atEpochEnd: (step, epoch, progress) => atEpochEnd(session, progress, step, epoch, signal),
  };
}

/** Validation and checkpoint where an epoch that calls for them has ended. */
async function atEpochEnd(
  session: ProbeSession,
  progress: TrainProgress,
  step: number,
  epoch: number,
  signal: AbortSignal,
): Promise<void> {
  const { task, clip, encoder } = session;
  if (epoch % task.evaluation.every === 0) {
    const views = centreView(clip, encoder.selector);
    const rated = await rate(session, step, "validation", views, signal);
    if (rated) progress.print(`epoch ${epoch}, centre clips: ${describeBest(rated)}`);
  }
  if (epoch % task.checkpointEvery === 0) await session.saver.save(step);
}

/** Rates every head on all views, and prints the table; null if the run is told to stop meanwhile. */
async function finish(
  session: ProbeSession,
  steps: number,
  signal: AbortSignal,
): Promise<RatedHeads | null> {
  const { task: { evaluation }, clip, encoder } = session;
  const views = evaluationViews(clip, encoder.selector, evaluation);
  const rated = await rate(session, steps, "evaluation", views, signal);
  if (rated) printRated(session, rated);
  return rated;
}

function printRated(
  session: Pick<ProbeSession, "task" | "videos" | "output">,
  rated: RatedHeads,
): void {
  const { segments, crops } = session.task.evaluation;
  session.output.print(probeTable(rated));
  session.output.print(
    `${rated.videos} ${listOf(session)} videos, ${segments} × ${crops} views of each. ` +
      "The best head is the best on these very videos.",
  );
}

/** How the heads did at the end of a run. */
function loggedHeads(end: FinishedRun, task: ProbeTask): RatedHeads {
  const ofHead = (head: ProbeHead) =>
    loggedValidation(end.values("evaluation", { head: headName(head) }))!;
  const grid = probeGrid(task.heads);
  const { k, videos } = ofHead(grid[0]);
  const heads = grid.map((head) => {
    const { top1, topK, loss } = ofHead(head);
    return { ...head, top1, topK, loss };
  });
  return { heads, k, videos };
}

/** What a probe that was finished before came to, by its log. */
function earlierResult(session: FinishedProbe & Pick<ProbeSession, "output">): ProbeResult {
  const { end, schedule: { steps }, folder } = session;
  tellFinished(folder, steps, session.output.printError);
  const rated = loggedHeads(end, session.task);
  const { heads } = rated;
  printRated(session, rated);
  return { steps, stopped: false, folder: folder.path, rated, best: heads[bestHead(heads)] };
}

/**
 * Trains heads on a frozen encoder as a task says, all in one pass over the videos, and writes its run
 * folder: the resolved task, `log.jsonl` and checkpoints of the heads. A run that was stopped or killed
 * goes on from its last checkpoint; one that is finished is left as it is.
 *
 * @param registry the plugins that the task may use
 * @throws {RangeError} for a task that cannot work, before any frame is decoded
 * @throws {NonFiniteError} if the loss or the gradients stop being finite
 */
export async function probe(
  task: ProbeTask,
  registry: Registry,
  options: RunStartOptions = {},
): Promise<ProbeResult> {
  const { signal = new AbortController().signal, output = standardOutput() } = options;
  const session = await whilePreparing(
    { signal, output },
    (hooks) => openProbeSession(task, registry, { ...options, ...hooks }),
  );
  if ("end" in session) return earlierResult({ ...session, output });
  const { schedule, folder, videos, startStep, log } = session;
  const progress = createTrainProgress({ ...schedule, output: output.status });
  try {
    reportVideos(videos, log, progress.print);
    const run = tunedRun(trainingRun(session, signal), session.tuning, progress.print, signal);
    const steps = await trainLoop(run, progress, signal);
    progress.end();
    if (steps > startStep) await session.saver.save(steps);
    await session.saver.settled();
    const rated = steps < schedule.steps ? null : await finish(session, steps, signal);
    const best = rated && rated.heads[bestHead(rated.heads)];
    return { steps, stopped: rated === null, folder: folder.path, rated, best };
  } finally {
    progress.end();
    await closeProbeSession(session);
  }
}
