import type { Json } from "@videoms/core";
import { standardOutput } from "../console/standard_output.ts";
import { AppendFile } from "../files/append_file.ts";
import { ifThere } from "../files/if_there.ts";
import { writeAtomically } from "../files/write_atomically.ts";
import type { RunEnd } from "../loggers/logger.ts";

/** Name of the log in a run folder. */
export const LOG_FILE = "log.jsonl";

/** A line of the log. Numbers that are not finite are written as null. */
export type LogEntry = Readonly<Record<string, Json>>;

/** The log of a run: strict JSON, one object a line, on the disk as soon as it is written. */
export interface RunLog extends Disposable {
  /** Appends a line. Lines about a step have a `step`: optimiser steps that were done by then. */
  append(entry: LogEntry): void;
  /**
   * Closes the file; harmless when it is closed already.
   *
   * @param how how the process of the run ended @default "failed"
   */
  close(how?: RunEnd): void;
}

function parseLine(line: string): LogEntry | null {
  try {
    const value = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** The lines of a log, null for each that is damaged, which a crash may leave; none if there is no such file. */
export async function readLogLines(path: string): Promise<(LogEntry | null)[]> {
  const text = await ifThere(Deno.readTextFile(path)) ?? "";
  return text.split("\n").slice(0, -1).map(parseLine); // what follows the last line break was cut off
}

/** The lines of a log before the first that is damaged; none if there is no such file. */
export async function readLog(path: string): Promise<LogEntry[]> {
  const lines = await readLogLines(path);
  const damaged = lines.indexOf(null);
  return (damaged === -1 ? lines : lines.slice(0, damaged)) as LogEntry[];
}

/**
 * Cuts a log back to a step, so that a resumed run writes each step once: everything from the first
 * line of a later step on is dropped. Before the first step nothing is saved, so that what was measured then comes
 * again too.
 *
 * @param step optimiser steps that the checkpoint has behind it, 0 where there is none
 * @returns the lines that stay
 */
export async function cutLog(path: string, step: number): Promise<LogEntry[]> {
  const entries = await readLog(path);
  const last = step === 0 ? -1 : step;
  const later = entries.findIndex((entry) => typeof entry.step === "number" && entry.step > last);
  const kept = later === -1 ? entries : entries.slice(0, later);
  await writeAtomically(path, kept.map((entry) => JSON.stringify(entry) + "\n").join(""));
  return kept;
}

/**
 * Opens a log for appending.
 *
 * @param onFailure called where a line cannot be written: appending never throws, and lines that find no room
 * on the disk are written later @default told on the standard streams
 */
export async function openLog(
  path: string,
  onFailure: (error: unknown) => void = (error) => standardOutput().reportFailure(path, error),
): Promise<RunLog> {
  const options = { append: true, create: true };
  const file = new AppendFile(await Deno.open(path, options), onFailure, { sync: true });
  const encoder = new TextEncoder();
  const close = () => file.close();
  return {
    // JSON.stringify writes null for NaN and infinities, which is what strict JSON asks for.
    append: (entry) => file.append(encoder.encode(JSON.stringify(entry) + "\n")),
    close,
    [Symbol.dispose]: close,
  };
}
