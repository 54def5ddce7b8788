import {
  AdamW,
  type Device,
  initialParameters,
  openDevice,
  Parameters,
  type Registry,
  tokenGrid,
  WeightAverage,
} from "@videoms/core";
import { findFfmpeg, stepsPerEpoch } from "@videoms/data";
import type { FrameSelector, MaskingStrategy } from "@videoms/masking";
import { MaskedAutoencoder } from "@videoms/models";
import { openRunFolder, type RunFolder } from "../run_folder/run_folder.ts";
import type { RunLog } from "../run_folder/run_log.ts";
import { checkPretrain } from "../task/check_pretrain.ts";
import type { PretrainTask } from "../task/pretrain_task.ts";
import { type CheckpointSubject, restoreCheckpoint } from "./checkpoint_content.ts";
import { clipPlan } from "./clip_plans.ts";
import { decodeHeldOut, type HeldOutClips } from "./held_out.ts";
import { autoencoderOf, geometryOf } from "./model_options.ts";
import {
  prepareVideos,
  type PrepareVideosOptions,
  type RunVideos,
} from "../training/prepare_videos.ts";
import { type RunSchedule, runSchedule } from "./run_schedule.ts";
import type { TrainingContext } from "./training_step.ts";

/** The plugins of a task, set up and checked against its model. */
export interface TaskPlugins {
  strategy: MaskingStrategy;
  selector: FrameSelector;
}

/** Everything that a run works with, ready for its next step. */
export interface PretrainSession extends TaskPlugins {
  task: PretrainTask;
  device: Device;
  videos: RunVideos;
  schedule: RunSchedule;
  context: TrainingContext;
  /** What checkpoints hold. */
  subject: CheckpointSubject;
  heldOut: HeldOutClips;
  folder: RunFolder;
  log: RunLog;
  /** Optimiser steps that an earlier process did. */
  startStep: number;
}

/** How a session is opened. */
export interface SessionOptions extends PrepareVideosOptions {
  /** Delete what an earlier run wrote and start anew. */
  fresh: boolean;
  /** Called with things to tell people. */
  tell: (text: string) => void;
  signal: AbortSignal;
}

/**
 * Checks all of a task that can be checked without its videos.
 *
 * @throws {RangeError} for a value that cannot work, also in the plugins' options
 */
export function checkTask(task: PretrainTask, registry: Registry): TaskPlugins {
  checkPretrain(task, registry);
  const strategy = registry.create<MaskingStrategy>(task.masking);
  const selector = registry.create<FrameSelector>(task.frames);
  strategy.counts(tokenGrid(geometryOf(task)));
  return { strategy, selector };
}

/** The run folder of a task. */
export function runFolderOf(task: PretrainTask): string {
  return task.out ?? `runs/${task.name}`;
}

/** Weights, optimiser and average: fresh, or from a checkpoint where the folder has one. */
async function openTensors(
  task: PretrainTask,
  device: Device,
  folder: RunFolder,
  tell: (text: string) => void,
): Promise<{ model: MaskedAutoencoder; subject: CheckpointSubject; startStep: number }> {
  const { optimizer: { betas, epsilon, emaDecay } } = task;
  const model = new MaskedAutoencoder(autoencoderOf(task));
  const initial = initialParameters(model.specs, task.seed);
  const parameters = new Parameters(model.specs, initial);
  const subject: CheckpointSubject = {
    network: "pretrain",
    geometry: model.options.geometry,
    parameters,
    optimizer: new AdamW(device, parameters, { betas, epsilon }),
    average: emaDecay === null ? null : new WeightAverage(parameters, emaDecay, initial),
  };
  const { checkpoint, damaged } = await folder.checkpoints.latest();
  for (const { path, reason } of damaged) tell(`Skipping checkpoint ${path}: ${reason}`);
  if (!checkpoint && damaged.length > 0) {
    throw new Error(
      `Cannot go on with the run in "${folder.path}": a checkpoint must be whole, got ${damaged.length} ` +
        "damaged. Start anew with --fresh, or choose another folder with --out.",
    );
  }
  if (checkpoint) {
    restoreCheckpoint(subject, checkpoint.bytes, checkpoint.path);
    tell(`Going on from ${checkpoint.path}, step ${checkpoint.step}`);
  }
  return { model, subject, startStep: checkpoint?.step ?? 0 };
}

/** What `task.json` says beside the task. */
function factsOf(
  device: Device,
  { train, heldOut, unreadable }: RunVideos,
): Record<string, string | number> {
  return {
    device: device.description,
    trainVideos: train.length,
    heldOutVideos: heldOut.length,
    unreadableVideos: unreadable.length,
  };
}

/**
 * Opens a run: checks the whole task, then opens device, videos and folder, and goes on from the last
 * checkpoint where there is one.
 */
export async function openSession(
  task: PretrainTask,
  registry: Registry,
  { fresh, tell, onProgress, signal }: SessionOptions,
): Promise<PretrainSession> {
  const { strategy, selector } = checkTask(task, registry);
  await findFfmpeg(); // its absence is better told before a folder is made
  const device = await openDevice({ backend: task.backend });
  tell(device.description);
  const videos = await prepareVideos(task, registry, { onProgress, signal });
  const clipsPerStep = task.batch * task.accumulate;
  const perEpoch = stepsPerEpoch(videos.train.length, clipsPerStep, "shuffled");
  const schedule = runSchedule(task, perEpoch);
  const folder = await openRunFolder(runFolderOf(task), task, { fresh });
  try {
    await folder.note(factsOf(device, videos));
    const { model, subject, startStep } = await openTensors(task, device, folder, tell);
    const { parameters, optimizer, average } = subject;
    const plan = clipPlan(task, selector, "test");
    return {
      task,
      strategy,
      selector,
      device,
      videos,
      schedule,
      subject,
      context: {
        model,
        parameters,
        strategy,
        selector,
        device,
        optimizer,
        average,
        normalizeTargets: task.objective.normalizeTargets,
      },
      heldOut: await decodeHeldOut(
        task,
        videos.heldOut.slice(0, task.data.heldOutClips),
        plan,
        signal,
      ),
      folder,
      log: await folder.openLog(startStep),
      startStep,
    };
  } catch (error) {
    folder.close();
    throw error;
  }
}

/** Lets go of everything that a session holds. */
export function closeSession({ context, subject, log, folder }: PretrainSession): void {
  log.close();
  folder.close();
  subject.parameters.dispose();
  subject.optimizer.dispose();
  subject.average?.dispose();
  context.model.dispose();
}
