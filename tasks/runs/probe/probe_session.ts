import { resolve } from "node:path";
import type { Device, Registry } from "@videoms/core";
import { type ClipAugmentation, findFfmpeg, type RunVideos } from "@videoms/data";
import type { ProbeHeads } from "@videoms/models";
import { costFacts } from "../cost/cost_facts.ts";
import { probeTaskCost } from "../cost/run_cost.ts";
import { openEncoderSource } from "../encoder/encoder_source.ts";
import { type FrozenEncoder, openEncoder } from "../encoder/frozen_encoder.ts";
import { centreView } from "../videos/test_clips.ts";
import type { RunFolder } from "../folder/run_folder.ts";
import type { Output } from "../../output/output.ts";
import type { RunLog } from "../log/run_log.ts";
import type { ProbeTask } from "../../definition/probe_task.ts";
import type { CheckpointSubject } from "../checkpoint/checkpoint_content.ts";
import { CheckpointSaver } from "../checkpoint/checkpoint_saver.ts";
import type { ClipTask } from "../videos/clip_frames.ts";
import { type FinishedRun, finishedRun } from "../training/finished_run.ts";
import { type OpenedRun, openRun, type OpenRunOptions } from "../training/open_run.ts";
import type { RunCounts } from "../checkpoint/resume_note.ts";
import type { RunSchedule } from "../training/run_schedule.ts";
import { disposeTensors, openRunTensors } from "../checkpoint/run_tensors.ts";
import type { RunTuning } from "../training/run_tuning.ts";
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

/** A probe that was finished before: its videos and how it ended. */
export interface FinishedProbe
  extends Pick<ProbeSession, "task" | "videos" | "schedule" | "folder"> {
  readonly end: FinishedRun;
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
function refuseOtherEncoder({ path: folder, earlier }: RunFolder, now: EncoderFact): void {
  const before = earlier?.encoder as EncoderFact | undefined;
  if (!before) return;
  if (resolve(before.path) === resolve(now.path) && before.step === now.step) return;
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
 * Opens a probe: checks the task, then opens device, videos, folder and encoder, and goes on from the
 * last checkpoint where there is one. A probe that is finished is only looked at.
 */
export async function openProbeSession(
  task: ProbeTask,
  registry: Registry,
  options: OpenRunOptions,
): Promise<ProbeSession | FinishedProbe> {
  const { augmentation } = checkProbeTask(task, registry);
  await findFfmpeg(); // its absence is better told before a folder is made
  const run = await openRun(task, registry, options);
  const { folder, videos, schedule } = run;
  try {
    const end = await finishedRun(folder, schedule.steps, ["evaluation"]);
    if (!end) return await openEncoderAndHeads(task, registry, augmentation, run, options);
    using source = await openEncoderSource(task.encoder.from);
    refuseOtherEncoder(folder, source);
    folder.close();
    return { task, videos, schedule, folder, end };
  } catch (error) {
    folder.close();
    throw error;
  }
}

/** Opens the encoder, and the heads that the probe goes on with. */
async function openEncoderAndHeads(
  task: ProbeTask,
  registry: Registry,
  augmentation: ClipAugmentation,
  run: OpenedRun,
  { tell, signal, output }: Pick<OpenRunOptions, "tell" | "signal" | "output">,
): Promise<ProbeSession> {
  const { device, tuning, videos, schedule, folder } = run;
  const { from, weights } = task.encoder;
  const { tokens, frames } = task;
  const encoder = await openEncoder(from, registry, { weights, tokens, frames });
  try {
    tell(`Encoder of ${encoder.checkpoint.path}\n${encoder.report.explain}`);
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
      schedule,
      folder,
      output,
    };
    return { ...opened, ...await openTensors(opened, run, { tell, signal }) };
  } catch (error) {
    encoder[Symbol.dispose]();
    throw error;
  }
}

/** What is opened last, since it depends on all else. */
type Tensors = "context" | "subject" | "log" | "startStep" | "counts" | "saver";

type Opened = Omit<ProbeSession, Tensors>;

/** Opens the weights that the run goes on with, and its log. */
async function openTensors(
  opened: Opened,
  run: OpenedRun,
  { tell, signal }: Pick<OpenRunOptions, "tell" | "signal">,
): Promise<Pick<ProbeSession, Tensors>> {
  const { task, registry, device, encoder, heads, videos, folder, schedule: { stepsPerEpoch } } =
    opened;
  refuseOtherEncoder(folder, encoder.checkpoint);
  await run.begin({
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
    log,
    startStep,
    counts,
    saver: new CheckpointSaver({
      folder,
      log,
      subject,
      task,
      stepsPerEpoch,
      device,
      counts,
      metadata,
    }),
  };
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
