import { type Device, type HostTensors, type Registry, tokenGrid } from "@videoms/core";
import { findFfmpeg, type RunVideos } from "@videoms/data";
import type { FrameSelector, MaskingStrategy } from "@videoms/masking";
import { MaskedAutoencoder, type Objective } from "@videoms/models";
import { pretrainClipCost } from "../cost/clip_cost.ts";
import { costFacts } from "../cost/cost_facts.ts";
import type { Output } from "../../output/output.ts";
import { checkpointSteps } from "../folder/checkpoint_store.ts";
import type { RunFolder } from "../folder/run_folder.ts";
import type { RunLog } from "../log/run_log.ts";
import { checkTask } from "../../definition/task_kinds.ts";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import type { CheckpointSubject } from "../checkpoint/checkpoint_content.ts";
import { CheckpointSaver } from "../checkpoint/checkpoint_saver.ts";
import { autoencoderOf, geometryOf } from "../network/model_options.ts";
import { type FinishedRun, finishedRun } from "../training/finished_run.ts";
import { type OpenedRun, openRun, type OpenRunOptions } from "../training/open_run.ts";
import type { RunCounts } from "../checkpoint/resume_note.ts";
import { runFolderOf } from "../training/run_facts.ts";
import type { RunSchedule } from "../training/run_schedule.ts";
import { disposeTensors, openRunTensors } from "../checkpoint/run_tensors.ts";
import type { RunTuning } from "../training/run_tuning.ts";
import { checkStart, startRecord } from "../weights/start_weights.ts";
import { heldOutPlan } from "./clip_plans.ts";
import { decodeHeldOut, type HeldOutClips } from "./held_out.ts";
import { MaskDrift } from "./mask_drift.ts";
import { type LeastLoss, leastLossOf } from "./least_loss.ts";
import { openPretrainStart } from "./start_weights.ts";
import type { TrainingContext } from "./training_step.ts";

/** The plugins of a task, set up and checked against its model. */
export interface TaskPlugins {
  strategy: MaskingStrategy;
  selector: FrameSelector;
  objective: Objective;
}

/** Everything that a run works with, ready for its next step. */
export interface PretrainSession extends TaskPlugins {
  task: PretrainTask;
  registry: Registry;
  device: Device;
  tuning: RunTuning;
  videos: RunVideos;
  schedule: RunSchedule;
  context: TrainingContext;
  /** What checkpoints hold. */
  subject: CheckpointSubject;
  heldOut: HeldOutClips;
  /** Which of their tokens the last evaluation chose. */
  drift: MaskDrift;
  folder: RunFolder;
  log: RunLog;
  /** Optimiser steps that an earlier process did. */
  startStep: number;
  counts: RunCounts;
  saver: CheckpointSaver;
  /** Where the run tells people things. */
  output: Output;
  /** The checkpoint with the least loss so far. */
  best: LeastLoss | null;
}

/**
 * Checks all of a task that can be checked without its videos.
 *
 * @throws {RangeError} for a value that cannot work, also in the plugins' options
 */
export function checkPretrainTask(task: PretrainTask, registry: Registry): TaskPlugins {
  checkTask(task, registry);
  const strategy = registry.create<MaskingStrategy>(task.masking);
  const selector = registry.create<FrameSelector>(task.frames);
  const objective = registry.create<Objective>(task.objective);
  const grid = tokenGrid(geometryOf(task));
  for (const one of [strategy, ...strategy.more ?? []]) one.counts(grid);
  autoencoderOf(task, registry, objective);
  if (objective.needsFeatures && task.optimizer.emaDecay === null) {
    throw new RangeError(
      `Cannot pre-train: objective "${objective.name}" predicts features of the weights' moving average, so ` +
        "optimizer.emaDecay must be set, got null",
    );
  }
  return { strategy, selector, objective };
}

/** Weights that a run without a checkpoint starts from. */
async function startValues(
  task: PretrainTask,
  model: MaskedAutoencoder,
  folder: RunFolder,
  tell: (text: string) => void,
): Promise<HostTensors> {
  const { from } = task.start;
  if (from === null) return new Map();
  using start = await openPretrainStart(task, from, model);
  tell(`Starting from ${start.path}\n${start.explain}`);
  await folder.note({ start: startRecord(start) });
  return await start.read();
}

/** A run that was finished before: its videos and how it ended. */
export interface FinishedPretrain extends Pick<PretrainSession, "videos" | "schedule" | "folder"> {
  readonly end: FinishedRun;
}

/**
 * Opens a run: checks the whole task, then opens device, videos and folder, and goes on from the last
 * checkpoint where there is one. A run that is finished is only looked at.
 */
export async function openSession(
  task: PretrainTask,
  registry: Registry,
  options: OpenRunOptions,
): Promise<PretrainSession | FinishedPretrain> {
  const plugins = checkPretrainTask(task, registry);
  await findFfmpeg(); // its absence is better told before a folder is made
  if (task.start.from !== null) {
    const isNew = options.fresh ||
      (await checkpointSteps(`${runFolderOf(task)}/checkpoints`)).length === 0;
    if (isNew) await checkStart(task, task.start.from);
  }
  const run = await openRun(task, registry, options);
  const { folder, videos, schedule } = run;
  try {
    const last = task.data.heldOutClips > 0 ? ["evaluation", "picture"] : [];
    const end = await finishedRun(folder, schedule.steps, last);
    if (!end) return await openTensors(task, registry, plugins, run, options);
    folder.close();
    return { videos, schedule, folder, end };
  } catch (error) {
    folder.close();
    throw error;
  }
}

/** Opens what the run goes on with: weights, held-out clips and log. */
async function openTensors(
  task: PretrainTask,
  registry: Registry,
  plugins: TaskPlugins,
  run: OpenedRun,
  { tell, signal, output }: Pick<OpenRunOptions, "tell" | "signal" | "output">,
): Promise<PretrainSession> {
  const { strategy, selector, objective } = plugins;
  const { device, tuning, videos, schedule, folder } = run;
  const perEpoch = schedule.stepsPerEpoch;
  const model = new MaskedAutoencoder(autoencoderOf(task, registry, objective));
  await run.begin(costFacts(pretrainClipCost(model.options, plugins)));
  const { subject, startStep, info, counts } = await openRunTensors(folder, device, {
    network: "pretrain",
    geometry: model.options.geometry,
    specs: model.specs,
    optimizer: task.optimizer,
    seed: task.seed,
    start: () => startValues(task, model, folder, tell),
    stepsPerEpoch: perEpoch,
  }, tell);
  const { parameters, optimizer } = subject;
  const plan = heldOutPlan(task, selector);
  const heldOut = await decodeHeldOut(
    task,
    videos.heldOut.slice(0, task.data.heldOutClips),
    plan,
    { tell, signal },
  );
  const log = await folder.openLog(startStep);
  return {
    task,
    registry,
    strategy,
    selector,
    objective,
    device,
    tuning,
    videos,
    output,
    schedule,
    subject,
    context: {
      model,
      parameters,
      strategy,
      selector,
      device,
      optimizer,
      objective,
      teacher: objective.needsFeatures ? subject.average!.parameters : null,
    },
    heldOut,
    drift: new MaskDrift(),
    folder,
    log,
    startStep,
    counts,
    saver: new CheckpointSaver({
      folder,
      log,
      subject,
      task,
      stepsPerEpoch: perEpoch,
      device,
      counts,
      metadata: { task: JSON.stringify(task) },
    }),
    best: leastLossOf(info),
  };
}

/** Lets go of everything that a session holds. */
export async function closeSession(
  { context, subject, log, folder, saver }: PretrainSession,
): Promise<void> {
  await saver.close();
  log.close();
  folder.close();
  disposeTensors(subject);
  context.model.dispose();
}
