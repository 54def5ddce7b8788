import { join } from "node:path";
import type { Json } from "@videoms/core";
import { withEvents } from "../log/event_log.ts";
import type { Output } from "../../output/output.ts";
import { standardOutput } from "../../output/standard_output.ts";
import { CheckpointStore } from "./checkpoint_store.ts";
import { cutLog, LOG_FILE, openLog, type RunLog } from "../log/run_log.ts";
import { LOCK_FILE, lockRunFolder } from "./run_lock.ts";
import { type FieldDifference, taskDifference } from "./task_difference.ts";
import { currentVersions, type Versions } from "./versions.ts";
import { ifThere, PARTIAL_ENDING, removePartials, writeAtomically } from "@videoms/data/files";

/** What `task.json` says: everything that a run was given. Facts, such as the device, come on top. */
export interface RunRecord<Task> {
  /** The resolved task. */
  task: Task;
  /** Versions of the process that ran last. */
  versions: Versions;
  /** When the run was started, ISO 8601. */
  created: string;
  /** When it was taken up again. */
  resumed: string[];
  /** What else was found out: device, numbers of videos. */
  [fact: string]: unknown;
}

/** How a run folder is opened. */
export interface RunFolderOptions {
  /** Delete what an earlier run wrote and start anew. @default false */
  fresh?: boolean;
  /** Told what of the log cannot be written. @default the standard streams */
  output?: Output;
  /** Go on with a run of another length. @default false */
  extend?: boolean;
  /** Go on with a run that has other videos. @default false */
  changedData?: boolean;
}

/** A run folder that belongs to this process until it is closed. */
export interface RunFolder extends Disposable {
  /** The folder itself. */
  readonly path: string;
  /** What `task.json` said of the run that goes on; null for a new one. It may still have no checkpoint. */
  readonly earlier: Readonly<RunRecord<unknown>> | null;
  /** Its checkpoints. */
  readonly checkpoints: CheckpointStore;
  /** Opens checkpoints of another kind in a folder of their own, the last of which is kept. */
  openStore(name: "diagnostic"): Promise<CheckpointStore>;
  /** Path of a file of the run; its folder is made. */
  file(...parts: string[]): Promise<string>;
  /**
   * Begins the run, or goes on with it: deletes what a fresh start gives up, and writes `task.json`. Until then
   * nothing in the folder has changed.
   */
  begin(): Promise<void>;
  /** Adds facts (the device, numbers of videos) to `task.json`. */
  note(facts: Readonly<Record<string, Json>>): Promise<void>;
  /**
   * Opens `log.jsonl`, cut back to a step, and an event file for TensorBoard beside it; the caller closes
   * them. What the run could not tell elsewhere is told in its last lines.
   *
   * @param step optimiser steps done, 0 for a fresh start
   */
  openLog(step: number): Promise<RunLog>;
  /**
   * Lets go of the folder, which goes where it was made for a run that never began; harmless when it is closed
   * already.
   */
  close(): void;
}

const RECORD_FILE = "task.json";

/** What a run writes into its folder, and so what a fresh start may delete. */
const OWN_ENTRIES =
  /^(task\.json|log\.jsonl|report\.(html|md)|videos\.jsonl\.gz|checkpoints|diagnostic|pictures|evaluation|predictions|events\.out\.tfevents\..*)$/;

async function entriesOf(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name !== LOCK_FILE && !name.endsWith(PARTIAL_ENDING)) names.push(name);
  }
  return names;
}

/** Makes a folder where there is none; whether there was none. */
async function makeFolder(folder: string): Promise<boolean> {
  try {
    const isNew = await Deno.lstat(folder).then(() => false, () => true);
    await Deno.mkdir(folder, { recursive: true });
    const probe = join(folder, `.probe${PARTIAL_ENDING}`);
    await Deno.writeTextFile(probe, "");
    await Deno.remove(probe);
    return isNew;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error; // names the permission to give
    throw new Error(
      `Cannot open run folder "${folder}": it must be a folder that can be written to, got: ${
        (error as Error).message
      }. Choose another one with --out.`,
    );
  }
}

/**
 * What a run folder's `task.json` says; null if there is none.
 *
 * @throws {Error} if it is damaged
 */
export async function readRecord<Task>(folder: string): Promise<RunRecord<Task> | null> {
  const path = join(folder, RECORD_FILE);
  // A file where the folder should be is told when the folder is made.
  const text = await ifThere(Deno.readTextFile(path));
  if (text === null) return null;
  try {
    const record = JSON.parse(text);
    if (typeof record?.task === "object" && record.task !== null) return record;
  } catch {
    // falls through to the error below
  }
  throw new Error(
    `Cannot open run folder "${folder}": its ${RECORD_FILE} must hold a task, got a damaged file. ` +
      "Start anew with --fresh, or choose another folder with --out.",
  );
}

/** Fields that say how long a run is. */
const LENGTH_FIELDS = ["steps", "epochs"];

/** Differences of fields as one text, for messages. */
export function describeDifferences(differences: readonly FieldDifference[]): string {
  const show = (value: Json | undefined) => value === undefined ? "nothing" : JSON.stringify(value);
  return differences
    .map(({ path, saved, wanted }) => `${path} was ${show(saved)} and is now ${show(wanted)}`)
    .join("; ");
}

/**
 * Checks that the run in a folder, if there is one, has a task's values; quick, and nothing is changed. What
 * names its videos is left to whoever knows them, where the run says which it had.
 *
 * @throws {Error} if a field differs that must not; the message lists all of them
 */
export async function checkSameTask(
  folder: string,
  task: object,
  { fresh = false, extend = false, changedData = false }: RunFolderOptions = {},
): Promise<void> {
  const earlier = fresh ? null : await readRecord<object>(folder);
  if (!earlier) return;
  // The videos themselves are compared then, whatever names them.
  const knowsData = changedData || earlier.data !== undefined;
  const differences = taskDifference(earlier.task, task)
    .filter(({ path }) => !(knowsData && /^data\.dataset\./.test(path)))
    .filter(({ path }) => !extend || !LENGTH_FIELDS.includes(path));
  if (differences.length === 0) return;
  const isLength = differences.every(({ path }) => LENGTH_FIELDS.includes(path));
  throw new Error(
    `Cannot resume the run in "${folder}": its task must be the same, got ` +
      `${describeDifferences(differences)}. ` +
      (isLength ? "Add --extend to train it for longer, by the schedule of the new length. " : "") +
      "Undo the change to resume, choose another folder with --out, " +
      "or delete the earlier run and start anew with --fresh.",
  );
}

/** Takes a folder away that has nothing but the lock. */
function removeUnused(folder: string): void {
  try {
    Deno.removeSync(join(folder, LOCK_FILE));
    Deno.removeSync(folder);
  } catch {
    // Somebody else has put something there, or the system keeps locked files.
  }
}

async function removeEarlierRun(folder: string): Promise<void> {
  for (const name of await entriesOf(folder)) {
    if (OWN_ENTRIES.test(name)) await Deno.remove(join(folder, name), { recursive: true });
  }
}

/** Finds or makes the record of a run, in a folder that is locked. */
async function openRecord<Task extends object>(
  folder: string,
  task: Task,
  options: RunFolderOptions,
): Promise<{ record: RunRecord<Task>; earlier: RunRecord<Task> | null }> {
  const names = await entriesOf(folder);
  if (names.length > 0 && !names.includes(RECORD_FILE)) {
    throw new Error(
      `Cannot open run folder "${folder}": it must be empty or hold a run, ` +
        `got ${names.sort().slice(0, 3).join(", ")} and no ${RECORD_FILE}. ` +
        "Choose another folder with --out.",
    );
  }
  const now = new Date().toISOString();
  await checkSameTask(folder, task, options);
  const earlier = options.fresh ? null : await readRecord<Task>(folder);
  const record: RunRecord<Task> = {
    ...earlier,
    task,
    versions: currentVersions(),
    created: earlier?.created ?? now,
    resumed: earlier ? [...earlier.resumed ?? [], now] : [],
  };
  return { record, earlier };
}

/** A log that ends with what the run could not write, such as progress to a terminal that is gone. */
function withFailures(log: RunLog, { failures }: Output): RunLog {
  let isOpen = true;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    for (const what of failures()) log.append({ event: "unwritten", what });
    log.close();
  };
  return { append: log.append, close, [Symbol.dispose]: close };
}

/**
 * Opens the folder of a run: makes it, locks it, and checks that a run that is there has the same task.
 *
 * Fields that do not change what a run computes ({@linkcode FREE_FIELDS}) may differ.
 *
 * @param folder path, usually `runs/<name>`
 * @param task the whole task, plain JSON with `keepCheckpoints`
 * @throws {Error} if the folder cannot be written to, is in use, holds something that is no run, or
 * holds a run of another task; the message lists the differing fields
 */
export async function openRunFolder<Task extends { keepCheckpoints: number }>(
  folder: string,
  task: Task,
  { output = standardOutput(), ...options }: RunFolderOptions = {},
): Promise<RunFolder> {
  const isNew = await makeFolder(folder);
  const lock = await lockRunFolder(folder);
  try {
    await removePartials(folder);
    const { record, earlier } = await openRecord(folder, task, options);
    const writeRecord = () =>
      writeAtomically(join(folder, RECORD_FILE), JSON.stringify(record, null, 2) + "\n");
    const checkpoints = new CheckpointStore(join(folder, "checkpoints"), task.keepCheckpoints);
    let hasBegun = false;
    const close = () => {
      if (isNew && !hasBegun) removeUnused(folder);
      hasBegun = true; // once only
      lock.release();
    };
    return {
      path: folder,
      earlier,
      checkpoints,
      openStore: (name) => new CheckpointStore(join(folder, name)).open(),
      async file(...parts) {
        await Deno.mkdir(join(folder, ...parts.slice(0, -1)), { recursive: true });
        return join(folder, ...parts);
      },
      async begin() {
        if (options.fresh) await removeEarlierRun(folder);
        await checkpoints.open();
        await writeRecord();
        hasBegun = true;
      },
      async note(facts) {
        Object.assign(record, facts);
        await writeRecord();
      },
      async openLog(step) {
        const path = join(folder, LOG_FILE);
        await cutLog(path, step);
        const onFailure = (error: unknown) => output.reportFailure(path, error);
        const log = await openLog(path, onFailure);
        return withFailures(await withEvents(log, { folder, step, task, onFailure }), output);
      },
      close,
      [Symbol.dispose]: close,
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
