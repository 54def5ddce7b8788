import { join } from "node:path";
import { CheckpointStore, type StoredCheckpoint } from "../folder/checkpoint_store.ts";
import { readRecord, type RunRecord } from "../folder/run_folder.ts";
import { valueAt, withValue } from "../../definition/dotted_path.ts";
import { type AnyTask, EARLIER_VALUES, TASK_KINDS } from "../../definition/task_kinds.ts";

/** A run that is only read: it may be finished, or another process may be at work on it. */
export interface SavedRun {
  /** The run folder. */
  readonly folder: string;
  /** What its `task.json` says. */
  readonly record: RunRecord<AnyTask>;
}

/** A short hint at how such a run comes to be. */
function howToMake(folder: string): string {
  const [, kind] = /(pretrain|finetune|probe)\/?$/.exec(folder) ?? [];
  return kind ? `Run \`deno task ${kind}\` first` : "Name a folder that a run has written";
}

/** A task with what it did by fields that are newer than it. */
function withNewerFields(task: AnyTask): AnyTask {
  const { fields } = TASK_KINDS[task.kind];
  return Object.entries(EARLIER_VALUES).reduce(
    (whole, [path, value]) =>
      path in fields && valueAt(whole, path) === undefined ? withValue(whole, path, value) : whole,
    task,
  );
}

/**
 * Reads what a run folder says of its run, without taking its lock.
 *
 * @param act what the run is needed for, for messages: "fine-tune"
 * @throws {Error} if there is no run in the folder
 */
export async function readSavedRun(folder: string, act: string): Promise<SavedRun> {
  const record = await readRecord<AnyTask>(folder);
  if (!record) {
    throw new Error(
      `Cannot ${act}: "${folder}" must hold a run, got no task.json there. ${howToMake(folder)}.`,
    );
  }
  if (!Object.hasOwn(TASK_KINDS, record.task.kind)) {
    throw new Error(
      `Cannot ${act}: the run in "${folder}" must be of a kind that is known, got "${record.task.kind}"`,
    );
  }
  return { folder, record: { ...record, task: withNewerFields(record.task) } };
}

/**
 * Checks that a run has checkpoints; whether they are whole is not looked at.
 *
 * @throws {Error} if there is none
 */
export async function requireCheckpoint(folder: string, act: string): Promise<void> {
  const steps = await new CheckpointStore(join(folder, "checkpoints")).steps();
  if (steps.length === 0) throw noCheckpoint(folder, act, "none");
}

function noCheckpoint(folder: string, act: string, got: string): Error {
  return new Error(
    `Cannot ${act}: the run in "${folder}" must have a whole checkpoint, got ${got}. ${
      howToMake(folder)
    }.`,
  );
}

/**
 * A checkpoint of a run: of a step, or the newest that is whole.
 *
 * @throws {Error} if there is none
 */
export async function readCheckpoint(
  folder: string,
  act: string,
  step?: number,
): Promise<StoredCheckpoint> {
  const { checkpoint, damaged } = await new CheckpointStore(join(folder, "checkpoints")).find(step);
  if (checkpoint) return checkpoint;
  const got = damaged.length === 0
    ? "none"
    : damaged.map(({ path, reason }) => `${path} (${reason})`).join(", ");
  throw noCheckpoint(folder, act, got);
}
