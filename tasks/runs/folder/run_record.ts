import { join } from "node:path";
import { ifThere } from "@videoms/data/files";
import type { RunTask } from "../../definition/run_task.ts";
import type { Versions } from "./versions.ts";

/** What `task.json` says: everything that a run was given. Facts, such as the device, come on top. */
export interface RunRecord<Task> {
  task: Task;
  versions: Versions;
  /** 32 hexadecimal digits, by which other programs know the run. */
  id: string;
  /** When the run was started, ISO 8601. */
  created: string;
  resumed: string[];
  /** What else was found out: device, numbers of videos. */
  [fact: string]: unknown;
}

/** The run folder of a task. */
export function runFolderOf(task: Pick<RunTask, "name" | "out">): string {
  return task.out ?? `runs/${task.name}`;
}

/** The file that says what a run was given. */
export const RECORD_FILE = "task.json";

/**
 * What a run folder's `task.json` says; null if there is none.
 *
 * @throws {Error} if it is damaged
 */
export async function readRecord<Task>(folder: string): Promise<RunRecord<Task> | null> {
  const path = join(folder, RECORD_FILE);
  const text = await ifThere(Deno.readTextFile(path));
  if (text === null) return null;
  try {
    const record = JSON.parse(text);
    if (typeof record?.task === "object" && record.task !== null) return record;
  } catch {
    // falls through to the error below
  }
  throw new Error(
    `Cannot read "${path}": it must hold the task of a run, got a damaged file. ` +
      "Start anew with --fresh, or choose another folder with --out.",
  );
}
