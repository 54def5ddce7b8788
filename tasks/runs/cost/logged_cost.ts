import { metricsOf } from "../log/metric.ts";
import type { LogEntry } from "../log/run_log.ts";

/** What the log of a training tells of its cost. */
export interface LoggedCost {
  readonly steps: number;
  /** Clips that were trained on, repeated samples included. */
  readonly clips: number;
  /** Seconds of training, over all processes: waiting for clips is part of it, evaluations and checkpoints are not. */
  readonly seconds: number;
  /** Most memory that a process held, in bytes; cells that ran before in it may have left some. */
  readonly peakBytes: number;
}

/** Lines of a log about training steps, in its order. */
export function stepLines(entries: readonly LogEntry[]): LogEntry[] {
  return entries.filter(({ event }) => event === "step");
}

/** A number of a line; 0 where it has none. */
function numberIn(line: LogEntry, name: string): number {
  const value = metricsOf(line).find((metric) => metric.name === name)?.value ?? 0;
  return Number.isFinite(value) ? value : 0;
}

/**
 * What a training took, by its log: each line tells the rate of the clips since the line before. A line
 * without a rate stands for no time.
 *
 * @param clipsPerStep clips of an optimiser step, repeated samples included
 * @returns null before the first line about a step
 */
export function loggedCost(
  entries: readonly LogEntry[],
  clipsPerStep: number,
): LoggedCost | null {
  const lines = stepLines(entries);
  if (lines.length === 0) return null;
  let seconds = 0;
  lines.forEach((line, i) => {
    const rate = numberIn(line, "clipsPerSecond");
    const steps = Number(line.step) - Number(lines[i - 1]?.step ?? 0);
    if (rate > 0) seconds += steps * clipsPerStep / rate;
  });
  const steps = Number(lines.at(-1)!.step);
  const peakBytes = lines.reduce(
    (most, line) => Math.max(most, numberIn(line, "residentBytes")),
    0,
  );
  return { steps, clips: steps * clipsPerStep, seconds, peakBytes };
}

/**
 * Seconds of a step in the middle of a log, the first line left out where there are others: it has the start
 * in it.
 *
 * @throws {Error} if no line tells a rate
 */
export function secondsPerStep(entries: readonly LogEntry[], clipsPerStep: number): number {
  const rates = stepLines(entries).map((line) => numberIn(line, "clipsPerSecond"))
    .filter((rate) => rate > 0);
  const settled = (rates.length > 1 ? rates.slice(1) : rates).sort((a, b) => a - b);
  if (settled.length === 0) {
    throw new Error("Cannot tell the time of a step: the log must tell clips per second, got none");
  }
  return clipsPerStep / settled[settled.length >> 1];
}
