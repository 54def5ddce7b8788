import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { jsonInside, readSafetensors, readWeightFile } from "@videoms/core";
import { CheckpointStore, isFile, openFileBytes, type StoredCheckpoint } from "@videoms/data/files";
import { readRecord, type RunRecord } from "../folder/run_record.ts";
import { valueAt, withValue } from "@videoms/core/plain";
import { type AnyTask, EARLIER_VALUES, TASK_FIELDS } from "../../definition/task_kinds.ts";

function howToMake(folder: string): string {
  const [, kind] = /(pretrain|finetune|probe)\/?$/.exec(folder) ?? [];
  return kind ? `Run \`deno task ${kind}\` first` : "Name a folder that a run has written";
}

/** A task with what it did by fields that are newer than it. */
function withNewerFields(task: AnyTask): AnyTask {
  const fields = TASK_FIELDS[task.kind];
  return Object.entries(EARLIER_VALUES).reduce(
    (whole, [path, value]) =>
      path in fields && valueAt(whole, path) === undefined ? withValue(whole, path, value) : whole,
    task,
  );
}

/** Where a run, or what a checkpoint alone stands for, has its evaluations. */
export async function folderOfSaved(run: string): Promise<string> {
  return await isFile(run) ? dirname(run) : run;
}

/** What is known of a run by its record or one of its checkpoints. */
type SavedRun = Pick<RunRecord<AnyTask>, "task" | "classes" | "targets">;

/** What a checkpoint says of its run, by itself: its task, and its classes. */
async function recordInside(path: string): Promise<SavedRun> {
  using source = await openFileBytes(path);
  const { metadata } = await readWeightFile(source);
  const task = jsonInside(metadata, "task", path) as AnyTask | null;
  const inside = (name: string) => jsonInside(metadata, name, path);
  if (task) return { task, classes: inside("classes"), targets: inside("targets") };
  throw new Error(
    `Cannot read a run: "${path}" must be a run folder or a checkpoint of one, got weights without a task`,
  );
}

/**
 * Reads the `task.json` of a run folder, without taking its lock: the run may be finished, or another process may
 * be at work on it. Of a checkpoint alone, it is what the checkpoint says.
 *
 * @param folder of a run, or a file with a checkpoint of one
 * @throws {Error} if there is no run in the folder
 */
export async function readSavedRun(
  folder: string,
): Promise<SavedRun> {
  const record = await isFile(folder)
    ? await recordInside(folder)
    : await readRecord<AnyTask>(folder);
  if (!record) {
    throw new Error(
      `Cannot read a run: "${folder}" must hold a run, got no task.json there. ${
        howToMake(folder)
      }.`,
    );
  }
  if (!Object.hasOwn(TASK_FIELDS, record.task.kind)) {
    const kinds = Object.keys(TASK_FIELDS).join(", ");
    throw new Error(
      `Cannot read the run in "${folder}": its kind must be one of ${kinds}, got "${record.task.kind}"`,
    );
  }
  const { classes, targets } = record;
  return { task: withNewerFields(record.task), classes, targets };
}

function noCheckpoint(folder: string, got: string): Error {
  return new Error(
    `Cannot load weights: the run in "${folder}" must have a whole checkpoint, got ${got}. ` +
      `${howToMake(folder)}.`,
  );
}

async function checkpointFile(path: string): Promise<StoredCheckpoint> {
  const bytes = await Deno.readFile(path);
  const { metadata } = readSafetensors(bytes, path);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { step: Number(metadata.step ?? 0), path, bytes, sha256, info: null };
}

/**
 * A checkpoint of a run: of a step, or the newest that is whole; a file is the one that it is.
 *
 * @throws {Error} if there is none
 */
export async function readCheckpoint(folder: string, step?: number): Promise<StoredCheckpoint> {
  if (await isFile(folder)) return await checkpointFile(folder);
  const store = new CheckpointStore(join(folder, "checkpoints"));
  const { checkpoint, damaged } = await store.find(step);
  if (checkpoint) return checkpoint;
  const reasons = damaged.map(({ path, reason }) => `${path} (${reason})`);
  throw noCheckpoint(folder, reasons.join(", ") || "none");
}
