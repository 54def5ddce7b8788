import type { Registry } from "@videoms/core";
import { augmentationWarnings } from "@videoms/data";
import type { RunTask } from "../../definition/run_task.ts";
import { standardOutput } from "@videoms/data/console";
import { type BestCheckpoint, bestNote, isBetter } from "../checkpoint/best_checkpoint.ts";
import { clipsPerStep } from "../cost/run_cost.ts";
import { reportVideos } from "../videos/damaged_videos.ts";
import { tellFinished } from "./finished_run.ts";
import { type EndedRun, openRun, type Run, type RunStartOptions } from "./open_run.ts";
import type { RunKind } from "./run_kind.ts";
import { trainLoop } from "./train_loop.ts";
import { createTrainProgress, type TrainProgress } from "./train_progress.ts";
import { whilePreparing } from "./while_preparing.ts";

/** What every kind of training comes to. */
export interface RunResult {
  steps: number;
  stopped: boolean;
  folder: string;
}

/** What a run came to, with what only its kind knows. */
export interface RunEnd<End> extends RunResult {
  /** Null for a run that was stopped. */
  end: End | null;
  best: BestCheckpoint | null;
}

async function unlessStopped<T>(
  { signal }: Pick<Run<unknown, unknown>, "signal">,
  work: Promise<T>,
): Promise<{ value: T } | null> {
  try {
    return { value: await work };
  } catch (error) {
    // Another rank may have been told to stop.
    if (signal.aborted || (error as Error).name === "AbortError") return null;
    throw error;
  }
}

function isBest<Point>({ kind, best, training }: Run<Point, unknown>, point: Point): boolean {
  return isBetter(training.measured(point), best, kind.best);
}

/**
 * Saves everything that the next step depends on. The best checkpoint is kept beside the last ones.
 *
 * @param point evaluation of these weights, which may be the best so far; null if there was none
 * @param validated whether they were evaluated, if they had to be; else a resumed run makes up for it
 */
async function save<Point>(
  run: Run<Point, unknown>,
  step: number,
  point: Point | null,
  validated: boolean,
): Promise<void> {
  if (point && isBest(run, point)) run.best = { step, value: run.training.measured(point) };
  await run.saver.save(step, { best: bestNote(run.best, run.kind.best), note: { validated } });
}

/** Evaluation and checkpoint where an epoch that calls for them has ended. */
async function endEpoch<Point>(
  run: Run<Point, unknown>,
  progress: TrainProgress,
  step: number,
  epoch: number,
): Promise<void> {
  const { training, task } = run;
  const { print } = progress;
  await training.endEpoch?.(step, epoch);
  const isDue = epoch % training.evaluateEvery === 0;
  const evaluated = isDue
    ? await unlessStopped(run, training.evaluate(step, { isLast: false, print }))
    : null;
  const point = evaluated?.value ?? null;
  if (point) print(`epoch ${epoch}: ${training.describe(point)}`);
  if (epoch % task.checkpointEvery === 0 || (point && isBest(run, point))) {
    await save(run, step, point, !isDue || evaluated !== null);
  }
}

/** Whether the end of a step calls for an evaluation. */
function isEvaluationDue(
  { training, schedule: { steps, stepsPerEpoch } }: Run<unknown, unknown>,
  step: number,
): boolean {
  return step === steps || step % (stepsPerEpoch * training.evaluateEvery) === 0;
}

async function train<Point, End>(
  run: Run<Point, End>,
  progress: TrainProgress,
): Promise<RunEnd<End>> {
  const { startStep, startIsValidated, training, saver, schedule, signal } = run;
  const { steps, stepsPerEpoch } = schedule;
  const { print } = progress;
  const atEpochEnd = (step: number, epoch: number) => endEpoch(run, progress, step, epoch);
  if (startStep === 0) await training.begin?.(print);
  // An earlier process may have been stopped as it evaluated an epoch.
  const wasStopped = startStep > 0 && startStep < steps && !startIsValidated;
  if (wasStopped && startStep % stepsPerEpoch === 0) {
    await atEpochEnd(startStep, startStep / stepsPerEpoch);
  }
  const done = await trainLoop({ ...run, atEpochEnd }, progress, signal);
  progress.end();
  const evaluated = done < steps
    ? null
    : await unlessStopped(run, training.evaluate(done, { isLast: true, print }));
  const point = evaluated?.value ?? null;
  if (done > startStep || (evaluated && !startIsValidated)) {
    await save(run, done, point, evaluated !== null || !isEvaluationDue(run, done));
  }
  await saver.settled();
  const { best } = run;
  const finished = evaluated && await unlessStopped(run, training.finish(done, point, best));
  await run.shared.meet();
  const end = finished?.value ?? null;
  return { steps: done, stopped: finished === null, folder: run.folder.path, end, best };
}

/** Trains as a rank that only takes its part of steps and ratings: rank 0 saves and tells people. */
async function follow<End>(
  run: Run<unknown, End>,
  progress: TrainProgress,
): Promise<RunEnd<End>> {
  const { schedule: { steps }, folder: { path }, signal, shared, training, startStep } = run;
  let done = startStep;
  shared.help = async (call) => {
    const rate = call === "evaluation"
      ? training.finish(done, null, null)
      : training.evaluate(done, { isLast: false, print: () => {} });
    await unlessStopped<unknown>(run, rate);
  };
  const atEpochEnd = (step: number) => Promise.resolve(void (done = step));
  done = await trainLoop({ ...run, atEpochEnd }, progress, signal);
  await shared.meet();
  return { steps: done, stopped: done < steps, folder: path, end: null, best: null };
}

async function earlierEnd<End>(
  kind: RunKind<unknown, End>,
  run: EndedRun,
): Promise<RunEnd<End>> {
  const { finished, schedule: { steps }, folder, output } = run;
  if (!finished) return { steps, stopped: false, folder: folder.path, end: null, best: null };
  tellFinished(folder, steps, output.printError);
  const end = await kind.earlier(run, finished);
  return { steps, stopped: false, folder: folder.path, end, best: finished.best };
}

/**
 * Trains as a task says, and writes its run folder: the resolved task, `log.jsonl` and checkpoints. A run that
 * was stopped or killed goes on from its last checkpoint; one that is finished is left as it is.
 *
 * @param registry the plugins that the task may use
 * @throws {NonFiniteError} if the loss or the gradients stop being finite
 */
export async function runTraining<Point, End>(
  kind: RunKind<Point, End>,
  task: RunTask,
  registry: Registry,
  options: RunStartOptions = {},
): Promise<RunEnd<End>> {
  const { signal = new AbortController().signal, output = standardOutput() } = options;
  await using run = await whilePreparing(
    { signal, output },
    (hooks) => openRun(kind, task, registry, { ...options, ...hooks }),
  );
  if ("finished" in run) return await earlierEnd(kind, run);
  const progress = createTrainProgress(output.status, {
    ...run.schedule,
    clipsPerStep: clipsPerStep(task),
  });
  try {
    reportVideos(run.videos, run.log, progress.print);
    for (const text of augmentationWarnings(run.training.recipe, run.videos)) progress.print(text);
    const end = await (run.ranks.rank === 0 ? train : follow)(run, progress);
    run.log.close(end.stopped ? "stopped" : "finished"); // whatever ends otherwise has failed
    return end;
  } finally {
    progress.end();
  }
}
