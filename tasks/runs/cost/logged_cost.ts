import { median } from "@videoms/core";
import type { RunTask } from "../../definition/run_task.ts";
import { clipsPerStep, perClipOf } from "./run_cost.ts";
import { type LogEntry, metricsOf } from "@videoms/data";

/** What a training has cost so far. */
export interface TrainingCost {
  /** Multiply-accumulates, forward and backward; null where nothing on the disk tells. */
  readonly multiplyAccumulates: number | null;
  /** Seconds of training, over all processes: waiting for clips is part of it, evaluations and checkpoints are not. */
  readonly seconds: number;
  /** Most memory that a process held, in bytes; cells that ran before in it may have left some. */
  readonly peakBytes: number;
  /** Clips that were trained on, repeated samples included. */
  readonly clips: number;
}

function stepLines(entries: readonly LogEntry[]): LogEntry[] {
  return entries.filter(({ event }) => event === "step");
}

/** A number of a line; 0 where it has none. */
function numberIn(line: LogEntry, name: string): number {
  const value = metricsOf(line).find((metric) => metric.name === name)?.value ?? 0;
  return Number.isFinite(value) ? value : 0;
}

/**
 * What a training has cost, by its log and its `task.json`: each line tells the rate of the clips since the line
 * before. A line without a rate stands for no time.
 *
 * @returns null before the first line about a step
 */
export function loggedCost(
  record: { readonly task: RunTask; readonly [fact: string]: unknown },
  entries: readonly LogEntry[],
): TrainingCost | null {
  const lines = stepLines(entries);
  if (lines.length === 0) return null;
  const stepClips = clipsPerStep(record.task);
  let seconds = 0;
  let peakBytes = 0;
  lines.forEach((line, i) => {
    peakBytes = Math.max(peakBytes, numberIn(line, "residentBytes"));
    const rate = numberIn(line, "clipsPerSecond");
    const steps = Number(line.step) - Number(lines[i - 1]?.step ?? 0);
    if (rate > 0) seconds += steps * stepClips / rate;
  });
  const clips = Number(lines.at(-1)!.step) * stepClips;
  const perClip = perClipOf(record);
  return {
    multiplyAccumulates: perClip === null ? null : clips * perClip,
    seconds,
    peakBytes,
    clips,
  };
}

/** What several trainings cost together; null if none has begun. */
export function sumCosts(all: readonly (TrainingCost | null)[]): TrainingCost | null {
  const begun = all.filter((cost) => cost !== null);
  if (begun.length === 0) return null;
  return begun.reduce((sum, cost) => ({
    multiplyAccumulates: sum.multiplyAccumulates === null || cost.multiplyAccumulates === null
      ? null
      : sum.multiplyAccumulates + cost.multiplyAccumulates,
    seconds: sum.seconds + cost.seconds,
    peakBytes: Math.max(sum.peakBytes, cost.peakBytes),
    clips: sum.clips + cost.clips,
  }));
}

/**
 * Seconds of a step in the middle of a log, the first line left out where there are others: it has the start
 * in it.
 *
 * @throws {Error} if no line tells a rate
 */
export function secondsPerStep(entries: readonly LogEntry[], stepClips: number): number {
  const rates = stepLines(entries).map((line) => numberIn(line, "clipsPerSecond"))
    .filter((rate) => rate > 0);
  if (rates.length === 0) {
    throw new Error("Cannot compare times: the log must have clips per second, got none");
  }
  return stepClips / median(rates.length > 1 ? rates.slice(1) : rates);
}
