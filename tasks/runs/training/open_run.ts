import type { Registry } from "@videoms/core";
import { findFfmpeg, prepareVideos, stepsPerEpoch } from "@videoms/data";
import { CheckpointStore, type StoredCheckpoint } from "@videoms/data/files";
import type { RunTask } from "../../definition/run_task.ts";
import type { Output } from "../../output/output.ts";
import {
  type BestCheckpoint,
  type BestMeasure,
  bestOf,
  isValidated,
} from "../checkpoint/best_checkpoint.ts";
import { CheckpointSaver } from "../checkpoint/checkpoint_saver.ts";
import { disposeTensors, openRunTensors } from "../checkpoint/run_tensors.ts";
import {
  openRunFolder,
  type RunFolder,
  runFolderOf,
  type RunFolderOptions,
} from "../folder/run_folder.ts";
import { compareRunData } from "../identity/run_data_check.ts";
import { trainBatches } from "../loader/train_batches.ts";
import { openTaskDevice } from "../network/task_device.ts";
import { type FinishedRun, finishedRun } from "./finished_run.ts";
import type { PreparedRun, RunKind, RunParts, Training } from "./run_kind.ts";
import { checkExtension, runSchedule } from "./run_schedule.ts";
import { openTuning, type TuningOptions } from "./run_tuning.ts";
import type { TrainingRun } from "./train_loop.ts";
import type { PreparationHooks } from "./while_preparing.ts";

/** Which checkpoint of a run it goes on from. */
export type ResumeChoice = "last" | "best";

/** What a run is told when it is started, beside its task. */
export interface RunStartOptions extends RunFolderOptions, TuningOptions {
  /** Which checkpoint an earlier run is taken up from. @default "last" */
  resume?: ResumeChoice;
  /** Stops the run after the step at hand; it saves a checkpoint first. */
  signal?: AbortSignal;
  output?: Output;
}

/** A run that is ready for its next step; disposing of it frees all that it holds. */
export interface Run<Point, End>
  extends RunParts, Omit<TrainingRun, "task" | "atEpochEnd">, AsyncDisposable {
  readonly task: RunTask;
  readonly kind: RunKind<Point, End>;
  readonly training: Training<Point, End>;
  /** Whether the weights of `startStep` were evaluated, if they had to be. */
  readonly startIsValidated: boolean;
  best: BestCheckpoint | null;
}

/** A run that has nothing left to do. */
export interface EndedRun extends PreparedRun, AsyncDisposable {
  readonly finished: FinishedRun;
}

async function bestCheckpoint(
  folder: RunFolder,
  measure: BestMeasure | null,
): Promise<StoredCheckpoint> {
  const checkpoint = folder.earlier && (await folder.checkpoints.find()).checkpoint;
  const best = checkpoint && bestOf(checkpoint.info, measure);
  if (best) return await folder.checkpoints.load(best.step);
  throw new Error(
    `Cannot resume from the best checkpoint in "${folder.path}": a validation must have found one, ` +
      "got none yet",
  );
}

/**
 * Opens what any run has before its networks: folder, device and videos. Whether another process has the folder,
 * and whether it holds the run of this task, is looked at before anything that takes time.
 */
async function prepareRun(
  task: RunTask,
  registry: Registry,
  options: RunStartOptions & PreparationHooks,
  resources: AsyncDisposableStack,
): Promise<PreparedRun & Pick<RunFolder, "note">> {
  const { tell, onProgress, signal, output } = options;
  const folder = resources.use(await openRunFolder(runFolderOf(task), task, options));
  await findFfmpeg();
  const device = resources.use(await openTaskDevice(task, {}, tell));
  tell(device.description);
  const tuning = await openTuning(device, options, tell);
  const videos = await prepareVideos(task, registry, { onProgress, tell, signal });
  const perEpoch = stepsPerEpoch(videos.train.length, task.batch * task.accumulate, "shuffled");
  const schedule = runSchedule(task, perEpoch);
  const data = await compareRunData(folder, task, videos.data, options);
  const extension = await checkExtension(folder, task, schedule, tell);
  return {
    ...{ task, registry, folder, device, tuning, videos, schedule, output, signal },
    async note(more) {
      await folder.begin();
      await data.write();
      const { train, heldOut, unreadable, shared } = videos;
      await folder.note({
        device: device.description,
        trainVideos: train.length,
        heldOutVideos: heldOut.length,
        unreadableVideos: unreadable.length,
        sharedVideos: shared,
        ...extension,
        ...data.facts,
        ...more,
      });
    },
  };
}

/** Opens what a run goes on with: networks, weights, log and what saves them. */
async function openParts<Point, End>(
  kind: RunKind<Point, End>,
  prepared: PreparedRun & Pick<RunFolder, "note">,
  { resume, tell }: RunStartOptions & PreparationHooks,
  resources: AsyncDisposableStack,
): Promise<Omit<Run<Point, End>, keyof AsyncDisposable>> {
  const { task, registry, folder, device, videos, schedule: { stepsPerEpoch } } = prepared;
  const networks = await kind.open(prepared, resources);
  const { model, rule, facts, metadata } = networks;
  const resumeFrom = resume === "best" ? await bestCheckpoint(folder, kind.best) : undefined;
  await prepared.note(facts);
  const { subject, startStep, info, counts } = await openRunTensors(folder, device, {
    network: kind.network,
    geometry: model.options.geometry,
    specs: model.specs,
    optimizer: task.optimizer,
    rule,
    seed: task.seed,
    stepsPerEpoch,
    start: () => networks.startValues(),
    resumeFrom,
  }, tell);
  resources.defer(() => disposeTensors(subject));
  const log = resources.use(await folder.openLog(startStep));
  const parts = { ...prepared, subject, log };
  const saver = new CheckpointSaver({
    ...{ folder, log, subject, task, stepsPerEpoch, device, counts },
    metadata: { task: JSON.stringify(task), ...metadata },
  });
  resources.defer(() => saver.close());
  const training = networks.training(parts);
  const { recipe, samples } = training;
  const clips = { task, videos, recipe, samples, registry, log, before: counts };
  return {
    ...parts,
    ...{ kind, training, saver, startStep, counts },
    optimizer: subject.optimizer,
    trainVideos: videos.train,
    batches: (...from) => trainBatches(clips, ...from),
    step: training.step,
    startIsValidated: isValidated(info),
    best: bestOf(info, kind.best),
  };
}

/**
 * Opens a run, which goes on from a checkpoint where there is one. One that is finished is only looked at. Of a
 * run that cannot be opened nothing stays open.
 *
 * @throws {Error} if another process has the folder, or it holds another run, or one of other videos
 */
export async function openRun<Point, End>(
  kind: RunKind<Point, End>,
  task: RunTask,
  registry: Registry,
  options: RunStartOptions & PreparationHooks,
): Promise<Run<Point, End> | EndedRun> {
  const isNew = options.fresh ||
    (await new CheckpointStore(`${runFolderOf(task)}/checkpoints`).steps()).length === 0;
  if (isNew) await kind.checkStart?.();
  await using resources = new AsyncDisposableStack();
  const prepared = await prepareRun(task, registry, options, resources);
  const finished = options.resume === "best"
    ? null
    : await finishedRun(prepared.folder, prepared.schedule.steps, kind);
  const run = finished
    ? { ...prepared, finished }
    : await openParts(kind, prepared, options, resources);
  const owned = resources.move();
  return { ...run, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
