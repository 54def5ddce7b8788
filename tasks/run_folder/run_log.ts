import type { Json } from "@videoms/core";
import { writeAtomically, writeError } from "./write_atomically.ts";

/** A line of the log. Numbers that are not finite are written as null. */
export type LogEntry = Readonly<Record<string, Json>>;

/** The log of a run: strict JSON, one object a line, on the disk as soon as it is written. */
export interface RunLog extends Disposable {
  /** Appends a line. Lines about a step have a `step`: optimiser steps that were done by then. */
  append(entry: LogEntry): void;
  /** Closes the file; harmless when it is closed already. */
  close(): void;
}

function parseLine(line: string): LogEntry | null {
  try {
    const value = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * The whole lines of a log; it ends before the first line that is damaged, which a crash may leave.
 *
 * @returns no lines if there is no such file
 */
export async function readLog(path: string): Promise<LogEntry[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  const lines = text.split("\n").slice(0, -1); // what follows the last line break was cut off
  const entries = lines.map(parseLine);
  const damaged = entries.indexOf(null);
  return (damaged === -1 ? entries : entries.slice(0, damaged)) as LogEntry[];
}

/**
 * Cuts a log back to a step, so that a resumed run writes each step once: everything from the first
 * line of a later step on is dropped.
 *
 * @param step optimiser steps that the checkpoint has behind it
 */
export async function cutLog(path: string, step: number): Promise<void> {
  const entries = await readLog(path);
  const later = entries.findIndex((entry) => typeof entry.step === "number" && entry.step > step);
  const kept = later === -1 ? entries : entries.slice(0, later);
  await writeAtomically(path, kept.map((entry) => JSON.stringify(entry) + "\n").join(""));
}

/** Opens a log for appending. */
export async function openLog(path: string): Promise<RunLog> {
  const file = await Deno.open(path, { append: true, create: true });
  const encoder = new TextEncoder();
  let open = true;
  const close = () => {
    if (open) file.close();
    open = false;
  };
  return {
    append(entry) {
      // JSON.stringify writes null for NaN and infinities, which is what strict JSON asks for.
      let bytes = encoder.encode(JSON.stringify(entry) + "\n");
      try {
        while (bytes.length > 0) bytes = bytes.subarray(file.writeSync(bytes));
        file.syncDataSync();
      } catch (error) {
        throw writeError(path, error);
      }
    },
    close,
    [Symbol.dispose]: close,
  };
}
