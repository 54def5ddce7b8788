import {
  type Communicator,
  gatherValues,
  type Json,
  localRanks,
  ranksInTurn,
  type Registry,
  requireSameOnRanks,
  type Schedule,
  SharedSteps,
  type UpdateRule,
} from "@videoms/core";
import {
  batchPlaces,
  checkDataset,
  findFfmpeg,
  type Logger,
  prepareVideos,
  requireOneClassList,
  requireSameData,
  shareOfRank,
  stepsPerEpoch,
} from "@videoms/data";
import { isFusedBlock } from "@videoms/models";
import { CheckpointStore, type StoredCheckpoint } from "@videoms/data/files";
import { disposeSubject, runSchedule } from "@videoms/studio/train";
import type { RunTask } from "../../definition/run_task.ts";
import type { Output } from "@videoms/data/console";
import {
  type BestCheckpoint,
  type BestMeasure,
  bestOf,
  isValidated,
} from "../checkpoint/best_checkpoint.ts";
import { CheckpointSaver } from "../checkpoint/checkpoint_saver.ts";
import { openSharedTensors } from "../checkpoint/shared_tensors.ts";
import { followerFolder } from "../folder/follower_folder.ts";
import { openRunFolder, type RunFolder, type RunFolderOptions } from "../folder/run_folder.ts";
import { runFolderOf } from "../folder/run_record.ts";
import { type ComparedData, compareRunData } from "../identity/run_data_check.ts";
import { trainBatches } from "../loader/train_batches.ts";
import { openTaskDevice } from "../network/task_device.ts";
import { type FinishedRun, finishedRun } from "./finished_run.ts";
import type { PreparedRun, RunKind, RunParts, Training } from "./run_kind.ts";
import { checkExtension } from "./check_extension.ts";
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
  /** The processes that train it together, each of which opens it. @default this one alone */
  ranks?: Communicator;
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
  /** Null on ranks other than the first. */
  readonly finished: FinishedRun | null;
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

/** What of a run its first rank alone knows: its folder, and what has changed since it was started. */
async function prepareFolder(
  task: RunTask,
  folder: RunFolder,
  { videos, schedule, registry }: Pick<PreparedRun, "videos" | "schedule" | "registry">,
  options: RunStartOptions & PreparationHooks,
): Promise<{ data: ComparedData; extension: Record<string, Json> }> {
  const data = await compareRunData(folder, task, videos.data, { ...options, registry });
  const extension = await checkExtension(folder, task, schedule, options.tell);
  return { data, extension };
}

/**
 * Opens what any run has before its networks: folder, device and videos. Whether another process has the folder,
 * whether it holds the run of this task, and whether the lists of videos are there, is looked at before anything that
 * takes time; and before the folder is touched, whether all ranks are to do the same.
 */
async function prepareRun(
  { mixesPairs, network }: Pick<RunKind<unknown, unknown>, "mixesPairs" | "network">,
  task: RunTask,
  registry: Registry,
  options: RunStartOptions & PreparationHooks,
  resources: AsyncDisposableStack,
): Promise<PreparedRun & Pick<RunFolder, "note">> {
  const { tell, onProgress, signal, output, ranks = localRanks(1)[0] } = options;
  const places = batchPlaces(task, ranks, mixesPairs);
  await requireSameOnRanks(ranks, [["task", task]]);
  const isFirst = ranks.rank === 0;
  const path = runFolderOf(task);
  const curve = registry.create<Schedule>(task.optimizer.schedule);
  registry.create<UpdateRule>(task.optimizer.method); // before anything that takes time
  registry.create<Logger>(task.logger);
  const folder = resources.use(
    isFirst ? await openRunFolder(path, task, { ...options, registry }) : followerFolder(path),
  );
  const summary = await checkDataset(task.data.dataset, registry);
  if (network !== "pretrain") requireOneClassList(summary);
  await findFfmpeg();
  const share = await shareOfRank(ranks);
  const { device, videos } = await ranksInTurn(ranks, async () => {
    const device = resources.use(await openTaskDevice(task, share, tell));
    tell(device.description);
    return { device, videos: await prepareVideos(task, registry, { onProgress, tell, signal }) };
  });
  if (network !== "pretrain") requireOneClassList(videos);
  const tuning = await openTuning(device, options, tell);
  await requireSameOnRanks(ranks, [["backend", device.backend]]);
  const devices = await gatherValues(ranks, device.description);
  await requireSameData(ranks, videos.data);
  const perEpoch = stepsPerEpoch(videos.train.length, task.batch * task.accumulate, "shuffled");
  const schedule = runSchedule(task, perEpoch, curve);
  const prepared = { videos, schedule, registry };
  const own = isFirst ? await prepareFolder(task, folder, prepared, options) : null;
  return {
    ...{ task, registry, folder, device, tuning, videos, schedule },
    ...{ output, ranks, threads: share.threads, places, signal },
    async note(more) {
      if (!own) return;
      const { data, extension } = own;
      await folder.begin();
      await data.write();
      const { train, heldOut, unreadable, shared } = videos;
      await folder.note({
        device: device.description,
        ...ranks.size > 1
          ? { ranks: ranks.size, hosts: ranks.hosts, devices, mpi: ranks.description }
          : {},
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
  const { ranks, threads, places, signal } = prepared;
  const networks = await kind.open(prepared, resources);
  const { model, rule, facts, metadata } = networks;
  const { encoder } = model.options;
  const isComposed = encoder && (!isFusedBlock(encoder) || encoder.positions?.rotation);
  if (device.precision === "f16" && isComposed) {
    tell(
      "Blocks with LayerScale, QK-norm, SwiGLU or rotary positions are computed in float32, not in half precision",
    );
  }
  const resumeFrom = resume === "best" && ranks.rank === 0
    ? await bestCheckpoint(folder, kind.best)
    : undefined;
  await prepared.note(facts);
  const { subject, startStep, info, counts } = await openSharedTensors(ranks, folder, device, {
    network: kind.network,
    geometry: model.options.geometry,
    specs: model.specs,
    optimizer: task.optimizer,
    update: registry.create<UpdateRule>(task.optimizer.method),
    rule,
    seed: task.seed,
    stepsPerEpoch,
    start: () => networks.startValues(),
    resumeFrom,
  }, tell);
  resources.defer(() => disposeSubject(subject));
  const log = resources.use(await folder.openLog(startStep, registry.create<Logger>(task.logger)));
  const shared = new SharedSteps(ranks, subject.parameters, device, signal);
  resources.defer(() => shared.average?.dispose());
  const parts = { ...prepared, subject, log, shared, gradientAverage: shared.average };
  const saver = new CheckpointSaver({
    ...{ folder, log, subject, task, stepsPerEpoch, device, counts },
    metadata: { task: JSON.stringify(task), ...metadata },
  });
  resources.defer(() => saver.close());
  const training = networks.training(parts);
  const { recipe, samples } = training;
  const clips = {
    ...{ task, videos, recipe, samples, places, registry, log, before: counts },
    processes: threads,
  };
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
  const isFirst = (options.ranks?.rank ?? 0) === 0;
  if (isNew && isFirst) await kind.checkStart?.();
  await using resources = new AsyncDisposableStack();
  const prepared = await prepareRun(kind, task, registry, options, resources);
  const finished = options.resume === "best" || !isFirst
    ? null
    : await finishedRun(prepared.folder, prepared.schedule.steps, kind);
  const [isFinished] = await gatherValues(prepared.ranks, finished !== null);
  const run = isFinished
    ? { ...prepared, finished }
    : await openParts(kind, prepared, options, resources);
  const owned = resources.move();
  return { ...run, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
