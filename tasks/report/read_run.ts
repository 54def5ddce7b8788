import { join } from "node:path";
import type { LogEntry } from "../runs/log/run_log.ts";
import type { ReportRun } from "./report_data.ts";
import { ifThere } from "@videoms/data/files";

/**
 * A file of JSON, or null if there is none.
 *
 * @throws {Error} if it is damaged
 */
export async function jsonOf<Value>(path: string): Promise<Value | null> {
  const text = await ifThere(Deno.readTextFile(path));
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot report: "${path}" must be JSON, got: ${(error as Error).message}`);
  }
}

/** Names of a folder's PNG files, in order; none if there is no such folder. */
export async function pngsOf(folder: string): Promise<string[]> {
  const entries = await ifThere(Array.fromAsync(Deno.readDir(folder))) ?? [];
  return entries
    .filter(({ name, isFile }) => isFile && name.endsWith(".png") && !name.startsWith("."))
    .map(({ name }) => name).sort();
}

function entryOf(line: string): LogEntry | null {
  try {
    const value = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * The lines of a log. Unlike a run that is resumed, a report reads on after a damaged line. What
 * follows the last line break is still being written, so it counts as neither.
 */
export function logEntries(text: string): { entries: LogEntry[]; damagedLines: number } {
  const lines = text.split("\n").slice(0, -1).map(entryOf);
  const entries = lines.filter((entry) => entry !== null);
  return { entries, damagedLines: lines.length - entries.length };
}

/**
 * Reads a run folder without taking its lock: a process may be at work on it.
 *
 * @returns null if the folder holds no run
 * @throws {Error} if its `task.json` is damaged
 */
export async function readRun(folder: string): Promise<ReportRun | null> {
  const record = await jsonOf<ReportRun["record"]>(join(folder, "task.json"));
  if (!record) return null;
  const last = (await pngsOf(join(folder, "pictures"))).at(-1);
  return {
    folder,
    record,
    ...logEntries(await ifThere(Deno.readTextFile(join(folder, "log.jsonl"))) ?? ""),
    picture: last ? await Deno.readFile(join(folder, "pictures", last)) : null,
  };
}
