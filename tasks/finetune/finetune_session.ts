import { type Device, type HostTensors, openDevice, type Registry } from "@videoms/core";
import { findFfmpeg, stepsPerEpoch } from "@videoms/data";
import { layerDecay, type MixOptions, VideoClassifier } from "@videoms/models";
import { finetuneClipCost } from "../cost/clip_cost.ts";
import { costFacts } from "../cost/cost_facts.ts";
import { checkpointSteps, type StoredCheckpoint } from "../run_folder/checkpoint_store.ts";
import type { Output } from "../output/output.ts";
import { openRunFolder, type RunFolder } from "../run_folder/run_folder.ts";
import type { RunLog } from "../run_folder/run_log.ts";
import { mixesClips } from "../task/check_finetune.ts";
import type { FinetuneTask } from "../task/finetune_task.ts";
import type { CheckpointSubject } from "../training/checkpoint_content.ts";
import { CheckpointSaver } from "../training/checkpoint_saver.ts";
import { classifierOf } from "../training/model_options.ts";
import { prepareVideos, type RunVideos } from "../training/prepare_videos.ts";
import type { PreparationHooks } from "../training/while_preparing.ts";
import type { RunCounts } from "../training/resume_note.ts";
import { runFacts, runFolderOf } from "../training/run_facts.ts";
import { checkStart, startRecord } from "../weights/start_weights.ts";
import { type RunSchedule, runSchedule } from "../training/run_schedule.ts";
import { disposeTensors, openRunTensors } from "../training/run_tensors.ts";
import { openTuning, type RunTuning, type TuningOptions } from "../training/run_tuning.ts";
import { type BestCheckpoint, bestOf, isValidated } from "./best_checkpoint.ts";
import { checkFinetuneTask, type FinetunePlugins } from "./finetune_plugins.ts";
import { openFinetuneStart } from "./start_weights.ts";
import type { FinetuneContext } from "./training_step.ts";

/** Everything that a run works with, ready for its next step. */
export interface FinetuneSession extends FinetunePlugins {
  task: FinetuneTask;
  registry: Registry;
  device: Device;
  tuning: RunTuning;
  videos: RunVideos;
  schedule: RunSchedule;
  context: FinetuneContext;
  /** What checkpoints hold. */
  subject: CheckpointSubject;
  folder: RunFolder;
  log: RunLog;
  /** Optimiser steps that an earlier process did. */
  startStep: number;
  counts: RunCounts;
  saver: CheckpointSaver;
  /** Where the run tells people things. */
  output: Output;
  /** The checkpoint with the best validation so far. */
  best: BestCheckpoint | null;
  /** Whether the weights of `startStep` were validated, if they had to be; a stop may come before. */
  startIsValidated: boolean;
}

/** Which checkpoint of a run it goes on from. */
export type ResumeChoice = "last" | "best";

/** How a session is opened. */
export interface FinetuneSessionOptions extends PreparationHooks, TuningOptions {
  /** Delete what an earlier run wrote and start anew. */
  fresh: boolean;
  /** Which checkpoint an earlier run is taken up from. */
  resume: ResumeChoice;
}

/** How a task mixes clips; null for not at all. */
export function mixOptionsOf(task: FinetuneTask): MixOptions | null {
  return mixesClips(task) ? { ...task.mix, imageSize: task.model.imageSize } : null;
}

/** The best checkpoint of a run, if it is to go on from there. */
async function bestCheckpoint(
  folder: RunFolder,
  resume: ResumeChoice,
): Promise<StoredCheckpoint | undefined> {
  if (resume !== "best") return undefined;
  const { checkpoint } = await folder.checkpoints.latest();
  const best = checkpoint && bestOf(checkpoint.info);
  if (!best) {
    throw new Error(
      `Cannot go on from the best checkpoint in "${folder.path}": a validation must have found one, ` +
        "got none yet",
    );
  }
  return await folder.checkpoints.load(best.step);
}

/** Weights that a run without a checkpoint starts from. */
async function startValues(
  task: FinetuneTask,
  model: VideoClassifier,
  folder: RunFolder,
  tell: (text: string) => void,
): Promise<HostTensors> {
  const { from } = task.start;
  if (from === null) {
    tell("Starting from fresh weights");
    return new Map();
  }
  using start = await openFinetuneStart(task, from, model);
  tell(`Starting from ${start.path}\n${start.explain}`);
  await folder.note({ start: startRecord(start) });
  return await start.read();
}

/**
 * Opens a run: checks the whole task, then opens device, videos and folder, and goes on from a
 * checkpoint where there is one.
 */
export async function openFinetuneSession(
  task: FinetuneTask,
  registry: Registry,
  { fresh, resume, tell, onProgress, signal, output, ...tune }: FinetuneSessionOptions,
): Promise<FinetuneSession> {
  const plugins = checkFinetuneTask(task, registry);
  await findFfmpeg(); // its absence is better told before a folder is made
  const isNew = fresh || (await checkpointSteps(`${runFolderOf(task)}/checkpoints`)).length === 0;
  if (isNew && task.start.from !== null) await checkStart(task, task.start.from);
  const device = await openDevice({ backend: task.backend, precision: task.precision });
  tell(device.description);
  const tuning = await openTuning(device, tune, tell);
  const videos = await prepareVideos(task, registry, { onProgress, tell, signal });
  const clipsPerStep = task.batch * task.accumulate;
  const perEpoch = stepsPerEpoch(videos.train.length, clipsPerStep, "shuffled");
  const schedule = runSchedule(task, perEpoch);
  const model = new VideoClassifier(classifierOf(task, videos.classes.length, registry));
  const folder = await openRunFolder(runFolderOf(task), task, { fresh, output });
  try {
    await folder.note({
      ...runFacts(device, videos),
      ...costFacts(finetuneClipCost(model.options, plugins)),
      classes: videos.classes,
    });
    const { subject, startStep, info, counts } = await openRunTensors(folder, device, {
      network: "classifier",
      geometry: model.options.geometry,
      specs: model.specs,
      optimizer: task.optimizer,
      rule: layerDecay(model.options.encoder.depth, task.optimizer.layerDecay),
      seed: task.seed,
      stepsPerEpoch: schedule.stepsPerEpoch,
      start: () => startValues(task, model, folder, tell),
      resumeFrom: await bestCheckpoint(folder, resume),
    }, tell);
    const { parameters, optimizer } = subject;
    const { selector, tokens } = plugins;
    const log = await folder.openLog(startStep);
    return {
      ...plugins,
      task,
      registry,
      device,
      tuning,
      videos,
      schedule,
      subject,
      context: {
        model,
        parameters,
        selector,
        tokens,
        device,
        optimizer,
        smoothing: task.objective.smoothing,
        mix: mixOptionsOf(task),
      },
      folder,
      log,
      output,
      startStep,
      counts,
      saver: new CheckpointSaver({
        folder,
        log,
        subject,
        task,
        stepsPerEpoch: schedule.stepsPerEpoch,
        counts,
        metadata: { task: JSON.stringify(task), classes: JSON.stringify(videos.classes) },
      }),
      best: bestOf(info),
      startIsValidated: isValidated(info),
    };
  } catch (error) {
    folder.close();
    model.dispose();
    throw error;
  }
}

/** Lets go of everything that a session holds. */
export async function closeFinetuneSession(
  { context, subject, log, folder, saver }: FinetuneSession,
): Promise<void> {
  await saver.close();
  log.close();
  folder.close();
  disposeTensors(subject);
  context.model.dispose();
}
