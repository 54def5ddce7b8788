import { type Device, openDevice, type Registry } from "@videoms/core";
import { type ClipAugmentation, findFfmpeg, stepsPerEpoch } from "@videoms/data";
import type { ProbeHeads } from "@videoms/models";
import { costFacts } from "../cost/cost_facts.ts";
import { probeTaskCost } from "../cost/run_cost.ts";
import { type FrozenEncoder, openEncoder } from "../features/frozen_encoder.ts";
import { centreView } from "../finetune/clip_plans.ts";
import { openRunFolder, readRecord, type RunFolder } from "../run_folder/run_folder.ts";
import type { RunLog } from "../run_folder/run_log.ts";
import type { Output } from "../output/output.ts";
import type { ProbeTask } from "../task/probe_task.ts";
import type { CheckpointSubject } from "../training/checkpoint_content.ts";
import { CheckpointSaver } from "../training/checkpoint_saver.ts";
import type { ClipTask } from "../training/clip_frames.ts";
import { prepareVideos, type RunVideos } from "../training/prepare_videos.ts";
import type { PreparationHooks } from "../training/while_preparing.ts";
import type { RunCounts } from "../training/resume_note.ts";
import { runFacts, runFolderOf } from "../training/run_facts.ts";
import { type RunSchedule, runSchedule } from "../training/run_schedule.ts";
import { disposeTensors, openRunTensors } from "../training/run_tensors.ts";
import { openTuning, type RunTuning, type TuningOptions } from "../training/run_tuning.ts";
import { probeHeadsOf } from "./probe_heads_of.ts";
import { checkProbeTask } from "./probe_plugins.ts";
import type { ProbeContext } from "./probe_step.ts";
import { standardFeatures } from "./standard_features.ts";

/** Everything that a probe works with, ready for its next step. */
export interface ProbeSession {
  task: ProbeTask;
  registry: Registry;
  device: Device;
  tuning: RunTuning;
  encoder: FrozenEncoder;
  heads: ProbeHeads;
  augmentation: ClipAugmentation;
  /** Which frames make a clip: sizes of the encoder, rate of the task. */
  clip: ClipTask;
  videos: RunVideos;
  schedule: RunSchedule;
  context: ProbeContext;
  /** What checkpoints hold: the heads, not the encoder. */
  subject: CheckpointSubject;
  folder: RunFolder;
  log: RunLog;
  /** Optimiser steps that an earlier process did. */
  startStep: number;
  counts: RunCounts;
  saver: CheckpointSaver;
  /** Where the run tells people things. */
  output: Output;
}

/** How a session is opened. */
export interface ProbeSessionOptions extends PreparationHooks, TuningOptions {
  /** Delete what an earlier run wrote and start anew. */
  fresh: boolean;
}

/** Clips of a forward pass without gradients. */
export function evaluationBatch({ evaluation, batch }: ProbeTask): number {
  return evaluation.batch ?? batch;
}

/** The checkpoint that a run's heads were trained on; null for a run that has not begun. */
interface EncoderFact {
  path: string;
  step: number;
}

/** Heads fit the encoder that they were trained on, and a run that it comes from may go on. */
function refuseOtherEncoder(
  folder: string,
  before: EncoderFact | undefined,
  now: EncoderFact,
): void {
  if (!before || (before.path === now.path && before.step === now.step)) return;
  throw new Error(
    `Cannot go on probing in "${folder}": the encoder must be the same, got ${now.path} in place of ` +
      `${before.path}. Name that file as encoder.from, or start anew with --fresh.`,
  );
}

/** Weights of heads that start: fresh, with the standard of the training videos. */
async function startValues(
  { encoder, heads, clip, videos, task }: Pick<
    ProbeSession,
    "encoder" | "heads" | "clip" | "videos" | "task"
  >,
  signal: AbortSignal,
): Promise<ReturnType<ProbeHeads["initialValues"]>> {
  const pooled = await standardFeatures(encoder, videos.train, {
    views: centreView(clip, encoder.selector),
    batch: evaluationBatch(task),
    workers: task.data.workers,
    signal,
  });
  return heads.initialValues(task.seed, pooled);
}

/**
 * Opens a probe: checks the task, then opens device, encoder, videos and folder, and goes on from the
 * last checkpoint where there is one.
 */
export async function openProbeSession(
  task: ProbeTask,
  registry: Registry,
  { fresh, tell, onProgress, signal, output, ...tune }: ProbeSessionOptions,
): Promise<ProbeSession> {
  const { augmentation } = checkProbeTask(task, registry);
  await findFfmpeg(); // its absence is better told before a folder is made
  const device = await openDevice({ backend: task.backend, precision: task.precision });
  tell(device.description);
  const tuning = await openTuning(device, tune, tell);
  const { from, weights } = task.encoder;
  const { tokens, frames } = task;
  const encoder = await openEncoder(from, registry, { weights, tokens, frames });
  try {
    tell(`Encoder of ${encoder.checkpoint.path}\n${encoder.report.explain}`);
    const videos = await prepareVideos(task, registry, { onProgress, tell, signal });
    const perEpoch = stepsPerEpoch(videos.train.length, task.batch * task.accumulate, "shuffled");
    const { options } = encoder.model;
    const opened = {
      task,
      registry,
      device,
      tuning,
      encoder,
      augmentation,
      heads: probeHeadsOf(task, options.encoder, videos.classes.length),
      clip: { model: options.geometry, data: task.data },
      videos,
      schedule: runSchedule(task, perEpoch),
      output,
    };
    return { ...opened, ...await openTensors(opened, { fresh, tell, signal }) };
  } catch (error) {
    encoder[Symbol.dispose]();
    throw error;
  }
}

/** What is opened last, since it depends on all else. */
type Tensors = "context" | "subject" | "folder" | "log" | "startStep" | "counts" | "saver";

type Opened = Omit<ProbeSession, Tensors>;

/** Opens the run folder and the weights that the run goes on with. */
async function openTensors(
  opened: Opened,
  { fresh, tell, signal }: Pick<ProbeSessionOptions, "fresh" | "tell" | "signal">,
): Promise<Pick<ProbeSession, Tensors>> {
  const { task, registry, device, encoder, heads, videos, output, schedule: { stepsPerEpoch } } =
    opened;
  const folder = await openRunFolder(runFolderOf(task), task, { fresh, output });
  try {
    const earlier = await readRecord<ProbeTask>(folder.path);
    refuseOtherEncoder(
      folder.path,
      earlier?.encoder as EncoderFact | undefined,
      encoder.checkpoint,
    );
    await folder.note({
      ...runFacts(device, videos),
      ...costFacts(probeTaskCost(task, encoder.model.options, heads.options, registry)),
      classes: videos.classes,
      encoder: { ...encoder.checkpoint },
    });
    const { subject, startStep, counts } = await openRunTensors(folder, device, {
      network: "probe",
      geometry: encoder.model.options.geometry,
      specs: heads.specs,
      optimizer: task.optimizer,
      rule: heads.rule,
      seed: task.seed,
      stepsPerEpoch,
      start: () => startValues(opened, signal),
    }, tell);
    const log = await folder.openLog(startStep);
    const metadata = {
      task: JSON.stringify(task),
      classes: JSON.stringify(videos.classes),
      encoder: JSON.stringify(encoder.checkpoint),
    };
    return {
      context: { ...subject, device, encoder, heads },
      subject,
      folder,
      log,
      startStep,
      counts,
      saver: new CheckpointSaver({ folder, log, subject, task, stepsPerEpoch, counts, metadata }),
    };
  } catch (error) {
    folder.close();
    throw error;
  }
}

/** Lets go of everything that a session holds. */
export async function closeProbeSession(
  { encoder, subject, log, folder, saver }: ProbeSession,
): Promise<void> {
  await saver.close();
  log.close();
  folder.close();
  disposeTensors(subject);
  encoder[Symbol.dispose]();
}
