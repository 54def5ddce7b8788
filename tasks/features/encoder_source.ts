import { basename } from "node:path";
import { readSafetensors, type Safetensors } from "@videoms/core";
import type { VideoEncoderOptions } from "@videoms/models";
import type { FinetuneTask } from "../task/finetune_task.ts";
import type { PretrainTask } from "../task/pretrain_task.ts";
import { encoderOf, geometryOf } from "../training/model_options.ts";
import { readCheckpoint, readSavedRun } from "../training/saved_run.ts";

/** A task that trains an encoder. */
export type EncoderTask = PretrainTask | FinetuneTask;

/** A checkpoint with an encoder in it, as it was read. */
export interface EncoderSource extends Safetensors {
  /** The task that it was trained by. */
  readonly task: EncoderTask;
  /** The file that was read. */
  readonly path: string;
  /** Optimiser steps behind it. */
  readonly step: number;
}

/** What the encoder of a task looks like. */
export function encoderOptionsOf(task: EncoderTask): VideoEncoderOptions {
  return {
    geometry: geometryOf(task),
    encoder: encoderOf(task.model),
    network: task.kind === "pretrain" ? "pretrain" : "classifier",
  };
}

/** What the encoder is needed for, for messages. */
const ACT = "open an encoder";

function checkKind(task: { readonly kind: string }, from: string): EncoderTask {
  if (task.kind === "pretrain" || task.kind === "finetune") return task as EncoderTask;
  throw new Error(
    `Cannot ${ACT}: "${from}" must come from a pre-training or a fine-tuning, got the kind ` +
      `"${task.kind}"`,
  );
}

/** The task that one of our checkpoints has beside its tensors. */
function taskInside({ metadata }: Safetensors, path: string): EncoderTask {
  const task = metadata.task === undefined ? null : JSON.parse(metadata.task);
  if (typeof task?.kind !== "string") {
    throw new Error(
      `Cannot ${ACT}: ${path} must be a checkpoint of a run, which holds its task, got a file without one`,
    );
  }
  return checkKind(task, path);
}

async function readFile(path: string): Promise<EncoderSource> {
  const file = readSafetensors(await Deno.readFile(path), path);
  return { ...file, task: taskInside(file, path), path, step: Number(file.metadata.step) };
}

async function readRun(folder: string): Promise<EncoderSource> {
  const { record } = await readSavedRun(folder, ACT);
  const task = checkKind(record.task, folder);
  const { path, step, bytes } = await readCheckpoint(folder, ACT);
  return { ...readSafetensors(bytes, path), task, path, step };
}

/**
 * Reads an encoder's checkpoint: the newest of a run that is whole, without taking the run's lock, or a
 * given file of one.
 *
 * @param from run folder or checkpoint file
 * @throws {Error} if there is none, or it comes from a run of another kind
 * @throws {TypeError} if it is no safetensors file
 */
export async function readEncoderSource(from: string): Promise<EncoderSource> {
  const found = await Deno.stat(from).catch(() => null);
  if (found?.isFile) return await readFile(from);
  // A path without an ending is taken for a run folder, so that its message says how to make one.
  if (!found && basename(from).includes(".")) {
    throw new Error(
      `Cannot ${ACT}: it must be named by a run folder or a checkpoint file, got "${from}", which is not ` +
        "there",
    );
  }
  return await readRun(from);
}
