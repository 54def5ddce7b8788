import type { Device, HostTensors, Registry } from "@videoms/core";
import { findFfmpeg, type RunVideos } from "@videoms/data";
import { layerDecay, type MixOptions, VideoClassifier } from "@videoms/models";
import { finetuneClipCost } from "../cost/clip_cost.ts";
import { costFacts } from "../cost/cost_facts.ts";
import { checkpointSteps, type StoredCheckpoint } from "../folder/checkpoint_store.ts";
import type { Output } from "../../output/output.ts";
import type { RunFolder } from "../folder/run_folder.ts";
import type { RunLog } from "../log/run_log.ts";
import { mixesClips } from "../../definition/finetune_task.ts";
import type { FinetuneTask } from "../../definition/finetune_task.ts";
import type { CheckpointSubject } from "../checkpoint/checkpoint_content.ts";
import { CheckpointSaver } from "../checkpoint/checkpoint_saver.ts";
import { classifierOf } from "../network/model_options.ts";
import { type FinishedRun, finishedRun } from "../training/finished_run.ts";
import { type OpenedRun, openRun, type OpenRunOptions } from "../training/open_run.ts";
import type { RunCounts } from "../checkpoint/resume_note.ts";
import { runFolderOf } from "../training/run_facts.ts";
import { checkStart, startRecord } from "../weights/start_weights.ts";
import type { RunSchedule } from "../training/run_schedule.ts";
import { disposeTensors, openRunTensors } from "../checkpoint/run_tensors.ts";
import type { RunTuning } from "../training/run_tuning.ts";
import { type BestCheckpoint, bestOf, isValidated } from "../classifier/best_checkpoint.ts";
import { checkFinetuneTask, type FinetunePlugins } from "../classifier/finetune_plugins.ts";
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
export interface FinetuneSessionOptions extends OpenRunOptions {
  /** Which checkpoint an earlier run is taken up from. @default "last" */
  resume?: ResumeChoice;
}

/** A run that was finished before: its videos and how it ended. */
export interface FinishedFinetune
  extends Pick<FinetuneSession, "task" | "videos" | "schedule" | "folder"> {
  readonly end: FinishedRun;
}

/** How a task mixes clips; null for not at all. */
export function mixOptionsOf(task: FinetuneTask): MixOptions | null {
  return mixesClips(task) ? { ...task.mix, imageSize: task.model.imageSize } : null;
}

/** The best checkpoint of a run, if it is to go on from there. */
async function bestCheckpoint(
  folder: RunFolder,
  resume: ResumeChoice = "last",
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
 * checkpoint where there is one. A run that is finished is only looked at.
 */
export async function openFinetuneSession(
  task: FinetuneTask,
  registry: Registry,
  options: FinetuneSessionOptions,
): Promise<FinetuneSession | FinishedFinetune> {
  const plugins = checkFinetuneTask(task, registry);
  await findFfmpeg(); // its absence is better told before a folder is made
  const isNew = options.fresh ||
    (await checkpointSteps(`${runFolderOf(task)}/checkpoints`)).length === 0;
  if (isNew && task.start.from !== null) await checkStart(task, task.start.from);
  const run = await openRun(task, registry, options);
  const { folder, videos, schedule } = run;
  try {
    const mayBeDone = (options.resume ?? "last") === "last";
    const end = mayBeDone ? await finishedRun(folder, schedule.steps, ["validation"]) : null;
    if (!end || !isValidated(end.checkpoint.info)) {
      return await openTensors(task, registry, plugins, run, options);
    }
    folder.close();
    return { task, videos, schedule, folder, end };
  } catch (error) {
    folder.close();
    throw error;
  }
}

/** Opens what the run goes on with: model, weights and log. */
async function openTensors(
  task: FinetuneTask,
  registry: Registry,
  plugins: FinetunePlugins,
  run: OpenedRun,
  { resume, tell, output }: Pick<FinetuneSessionOptions, "resume" | "tell" | "output">,
): Promise<FinetuneSession> {
  const { device, tuning, videos, schedule, folder } = run;
  const model = new VideoClassifier(classifierOf(task, videos.classes.length, registry));
  try {
    const costs = costFacts(finetuneClipCost(model.options, plugins));
    await run.begin({ ...costs, classes: videos.classes });
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
        device,
        counts,
        metadata: { task: JSON.stringify(task), classes: JSON.stringify(videos.classes) },
      }),
      best: bestOf(info),
      startIsValidated: isValidated(info),
    };
  } catch (error) {
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
