import { join } from "node:path";
import { type LogEntry, readLog } from "../run_folder/run_log.ts";

/** What the log of a training tells of its cost. */
export interface LoggedCost {
  /** Seconds of training, over all processes. */
  readonly seconds: number;
  /** Most memory that a process held, in bytes; cells that ran before in it may have left some. */
  readonly peakBytes: number;
  /** Optimiser steps done. */
  readonly steps: number;
}

/** The lines of a run that report a step. */
async function stepLines(runFolder: string): Promise<LogEntry[]> {
  const lines = await readLog(join(runFolder, "log.jsonl"));
  return lines.filter(({ event }) => event === "step");
}

/** Seconds that a line stands for: those of the steps since the line before. */
function secondsOf(line: LogEntry, before: LogEntry | undefined, clipsPerStep: number): number {
  const steps = Number(line.step) - Number(before?.step ?? 0);
  return steps * clipsPerStep / Number(line.clipsPerSecond);
}

/** What a training took, by its log. */
export async function loggedCost(runFolder: string, clipsPerStep: number): Promise<LoggedCost> {
  const lines = await stepLines(runFolder);
  return {
    seconds: lines.reduce(
      (sum, line, i) => sum + secondsOf(line, lines[i - 1], clipsPerStep),
      0,
    ),
    peakBytes: lines.reduce((most, line) => Math.max(most, Number(line.residentBytes)), 0),
    steps: Number(lines.at(-1)?.step ?? 0),
  };
}

/** Seconds of a step in the middle of a log, the first line left out: it has the start in it. */
export async function secondsPerStep(runFolder: string, clipsPerStep: number): Promise<number> {
  const lines = (await stepLines(runFolder)).slice(1);
  const speeds = lines.map(({ clipsPerSecond }) => Number(clipsPerSecond)).sort((a, b) => a - b);
  return clipsPerStep / speeds[Math.floor(speeds.length / 2)];
}
