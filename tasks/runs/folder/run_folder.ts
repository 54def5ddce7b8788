import { dirname, join } from "node:path";
import type { Json, Registry } from "@videoms/core";
import {
  cutLog,
  LOG_FILE,
  type LogEntry,
  loggedRows,
  type Logger,
  noLogger,
  openLog,
  type RunLog,
  withLogger,
} from "@videoms/data";
import { type Output, standardOutput } from "@videoms/data/console";
import { describeDifferences, taskDifference } from "./task_difference.ts";
import { readRecord, RECORD_FILE, type RunRecord } from "./run_record.ts";
import { currentVersions } from "./versions.ts";
import {
  CheckpointStore,
  LOCK_FILE,
  lockFolder,
  PARTIAL_ENDING,
  removeEntries,
  removePartials,
  requireOwnFolder,
  writeAtomically,
} from "@videoms/data/files";

/** How a run folder is opened. */
export interface RunFolderOptions {
  /** Delete what an earlier run wrote and start anew. @default false */
  fresh?: boolean;
  /** Told what of the log cannot be written. @default the standard streams */
  output?: Output;
  /** Told each line of the log as it is written, those of earlier processes not; what it throws is reported, and the run goes on. */
  onLog?: (line: LogEntry) => void;
  /** Go on with a run of another length. @default false */
  extend?: boolean;
  /** Go on with a run that has other videos. @default false */
  changedData?: boolean;
}

type OpenOptions = RunFolderOptions & { registry?: Registry };

/** What a run writes into its folder, and so what a fresh start may delete. */
const OWN_ENTRIES =
  /^(task\.json|log\.jsonl|report\.(html|md)|videos\.jsonl\.gz|checkpoints|diagnostic|pictures|evaluation|predictions|loggers|wandb|events\.out\.tfevents\..*)$/;

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
      `Cannot run in "${folder}": it must be a folder that can be written to, got: ` +
        `${(error as Error).message}. Choose another one with --out.`,
    );
  }
}

const LENGTH_FIELDS = ["steps", "epochs"];

/**
 * Checks that the run in a folder has a task's values. What names its videos is left to whoever knows them, where
 * the run says which it had.
 *
 * @throws {Error} if a field differs that must not; the message lists all of them
 */
function checkSameTask(
  folder: string,
  earlier: RunRecord<object>,
  task: object,
  { extend = false, changedData = false, registry }: OpenOptions,
): void {
  const knowsData = changedData || earlier.data !== undefined;
  const differences = taskDifference(earlier.task, task, registry)
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

/** The record of the run that goes on in a folder that is locked; null where a run starts. */
async function earlierRecord(
  folder: string,
  task: object,
  options: OpenOptions,
): Promise<RunRecord<object> | null> {
  await requireOwnFolder(folder, { act: "run in", what: "a run", record: RECORD_FILE });
  const earlier = options.fresh ? null : await readRecord<object>(folder);
  if (earlier) checkSameTask(folder, earlier, task, options);
  return earlier;
}

/** A log that also says when its lines are written, tells them, and ends with what the run could not write, such as progress to a terminal that is gone. */
function toldLog(
  log: RunLog,
  { output: { failures, reportFailure }, onLog }: RunFolderOptions & { output: Output },
): RunLog {
  let isOpen = true;
  const append = (line: LogEntry) => {
    const entry = { ...line, time: new Date().toISOString() };
    log.append(entry);
    try {
      onLog?.(entry);
    } catch (error) {
      reportFailure("onLog", error);
    }
  };
  const close: RunLog["close"] = (how) => {
    if (!isOpen) return;
    isOpen = false;
    for (const what of failures()) append({ event: "unwritten", what });
    log.close(how);
  };
  return { append, close, [Symbol.dispose]: () => close() };
}

/** A task, plain JSON, as far as its folder has to know it. */
type FolderTask = {
  readonly keepCheckpoints: number;
  readonly name?: string;
  readonly kind?: string;
};

/** A run folder that belongs to this process until it is disposed of; {@linkcode openRunFolder} opens one. */
export interface RunFolder extends Disposable {
  readonly path: string;
  /** What `task.json` said of the run that goes on; null for a new one. It may still have no checkpoint. */
  readonly earlier: Readonly<RunRecord<object>> | null;
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
   * Opens `log.jsonl`, cut back to a step, and a logger beside it; the caller closes them. What the run could not tell
   * elsewhere is told in its last lines.
   *
   * @param step optimiser steps done, 0 for a fresh start
   * @param logger where numbers go, too @default nowhere
   */
  openLog(step: number, logger?: Logger): Promise<RunLog>;
}

class LockedRunFolder implements RunFolder {
  readonly path: string;
  readonly earlier: Readonly<RunRecord<object>> | null;
  readonly checkpoints: CheckpointStore;
  readonly #record: RunRecord<FolderTask>;
  readonly #options: RunFolderOptions & { output: Output };
  readonly #lock: Disposable;
  #isUnused: boolean;

  /** @param isNew whether it was made for this run */
  constructor(
    path: string,
    task: FolderTask,
    earlier: RunRecord<object> | null,
    options: RunFolderOptions & { output: Output },
    { lock, isNew }: { lock: Disposable; isNew: boolean },
  ) {
    const now = new Date().toISOString();
    this.path = path;
    this.earlier = earlier;
    this.checkpoints = new CheckpointStore(join(path, "checkpoints"), task.keepCheckpoints);
    this.#record = {
      ...earlier,
      task,
      versions: currentVersions(),
      id: earlier?.id ?? crypto.randomUUID().replaceAll("-", ""),
      created: earlier?.created ?? now,
      resumed: earlier ? [...earlier.resumed ?? [], now] : [],
    };
    this.#options = options;
    this.#lock = lock;
    this.#isUnused = isNew;
  }

  openStore(name: "diagnostic"): Promise<CheckpointStore> {
    return new CheckpointStore(join(this.path, name)).open();
  }

  async file(...parts: string[]): Promise<string> {
    const path = join(this.path, ...parts);
    await Deno.mkdir(dirname(path), { recursive: true });
    return path;
  }

  async begin(): Promise<void> {
    if (this.#options.fresh) await removeEntries(this.path, OWN_ENTRIES);
    await this.checkpoints.open();
    await this.note({});
    this.#isUnused = false;
  }

  async note(facts: Readonly<Record<string, Json>>): Promise<void> {
    const record = JSON.stringify(Object.assign(this.#record, facts), null, 2);
    await writeAtomically(join(this.path, RECORD_FILE), record + "\n");
  }

  async openLog(step: number, logger = noLogger.create({})): Promise<RunLog> {
    const { reportFailure } = this.#options.output;
    const path = join(this.path, LOG_FILE);
    const earlier = loggedRows(await cutLog(path, step));
    const log = await openLog(path, (error) => reportFailure(path, error));
    const { task, id, created, ...facts } = this.#record;
    const run = {
      ...{
        id,
        step,
        earlier,
        task: task as Record<string, Json>,
        facts: facts as Record<string, Json>,
      },
      ...{ name: task.name ?? this.path, kind: task.kind ?? "run", folder: this.path },
      created: Date.parse(created),
      onFailure: reportFailure,
    };
    return toldLog(await withLogger(log, logger, run), this.#options);
  }

  /** Lets go of the folder, which goes where it was made for a run that never began; harmless when repeated. */
  [Symbol.dispose](): void {
    if (this.#isUnused) removeUnused(this.path);
    this.#isUnused = false;
    this.#lock[Symbol.dispose]();
  }
}

/**
 * Opens the folder of a run: makes it, locks it, and checks that a run that is there has the same task.
 *
 * Fields that do not change what a run computes ({@linkcode FREE_FIELDS}) may differ.
 *
 * @param folder path, usually `runs/<name>`
 * @param options.registry the plugins that the task may name @default those that come with VideoMS
 * @throws {Error} if the folder cannot be written to, is in use, holds something that is no run, or
 * holds a run of another task; the message lists the differing fields
 */
export async function openRunFolder(
  folder: string,
  task: FolderTask,
  { output = standardOutput(), ...options }: OpenOptions = {},
): Promise<RunFolder> {
  const isNew = await makeFolder(folder);
  using resources = new DisposableStack();
  const lock = resources.use(await lockFolder(folder, "run in"));
  await removePartials(folder);
  const earlier = await earlierRecord(folder, task, options);
  resources.move();
  return new LockedRunFolder(folder, task, earlier, { ...options, output }, { lock, isNew });
}
