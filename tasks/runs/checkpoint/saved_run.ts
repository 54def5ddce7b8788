import { join } from "node:path";
import { CheckpointStore, type StoredCheckpoint } from "@videoms/data/files";
import { readRecord, type RunRecord } from "../folder/run_folder.ts";
import { valueAt, withValue } from "../../definition/dotted_path.ts";
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

/**
 * Reads the `task.json` of a run folder, without taking its lock: the run may be finished, or another process may
 * be at work on it.
 *
 * @throws {Error} if there is no run in the folder
 */
export async function readSavedRun(folder: string): Promise<RunRecord<AnyTask>> {
  const record = await readRecord<AnyTask>(folder);
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
  return { ...record, task: withNewerFields(record.task) };
}

function noCheckpoint(folder: string, got: string): Error {
  return new Error(
    `Cannot load weights: the run in "${folder}" must have a whole checkpoint, got ${got}. ` +
      `${howToMake(folder)}.`,
  );
}

/**
 * A checkpoint of a run: of a step, or the newest that is whole.
 *
 * @throws {Error} if there is none
 */
export async function readCheckpoint(folder: string, step?: number): Promise<StoredCheckpoint> {
  const store = new CheckpointStore(join(folder, "checkpoints"));
  const { checkpoint, damaged } = await store.find(step);
  if (checkpoint) return checkpoint;
  const reasons = damaged.map(({ path, reason }) => `${path} (${reason})`);
  throw noCheckpoint(folder, reasons.join(", ") || "none");
}
