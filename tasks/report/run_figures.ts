import type { LogEntry } from "../run_folder/run_log.ts";
import type { Measure } from "../ablate/ablation_record.ts";
import type { ReportCost, ReportRun } from "./report_data.ts";

/** Lines about training steps, ascending. */
export function stepsOf({ entries }: ReportRun): LogEntry[] {
  return entries.filter(({ event }) => event === "step");
}

/** A field of lines as numbers; lines that lack it, or hold null for a figure that was not finite, are left out. */
export function pointsOf(
  entries: readonly LogEntry[],
  field: string,
): { step: number; value: number }[] {
  return entries.flatMap((entry) => {
    const { step, [field]: value } = entry;
    return typeof step === "number" && typeof value === "number" ? [{ step, value }] : [];
  });
}

/** What the losses and accuracies on other clips are called in a report, by event and field. */
const MEASURED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  evaluation: { loss: "heldOutLoss" },
  validation: { top1: "top1", top5: "top5", loss: "heldOutLoss" },
  step: { loss: "trainLoss" },
};

/** Figures on other clips by step, by the names that a report calls them. */
export function curvesOf(run: ReportRun): Record<string, { step: number; value: number }[]> {
  const curves = Object.entries(MEASURED).flatMap(([event, names]) =>
    Object.entries(names).map(([field, name]) =>
      [name, pointsOf(run.entries.filter((entry) => entry.event === event), field)] as const
    )
  );
  return Object.fromEntries(curves.filter(([, points]) => points.length > 0).reverse());
}

/** The last figures of a run. */
export function metricsOf(run: ReportRun): Record<string, number> {
  return Object.fromEntries(
    Object.entries(curvesOf(run)).map(([name, points]) => [name, points.at(-1)!.value]),
  );
}

/**
 * What a run cost, from its log: each line tells the rate of the clips since the line before.
 *
 * @returns null before the first line about a step
 */
export function costOf(run: ReportRun): ReportCost | null {
  const rates = pointsOf(stepsOf(run), "clipsPerSecond");
  if (rates.length === 0) return null;
  const { batch, accumulate } = run.record.task;
  let seconds = 0;
  let before = 0;
  for (const { step, value } of rates) {
    if (value > 0) seconds += (step - before) * batch * accumulate / value;
    before = step;
  }
  const bytes = pointsOf(stepsOf(run), "residentBytes").map(({ value }) => value);
  return {
    multiplyAccumulates: null,
    seconds,
    peakBytes: bytes.reduce((a, b) => Math.max(a, b), 0),
    clips: before * batch * accumulate,
  };
}

/** Clips that could not be decoded and were replaced by others. */
export function replacedOf(run: ReportRun): number {
  return pointsOf(stepsOf(run), "replacedClips").reduce((sum, { value }) => sum + value, 0);
}

/** Figures that variants may be compared by where nobody says which, the best known first. */
const HEADLINES: readonly Measure[] = [
  { name: "top1", better: "higher" },
  { name: "heldOutLoss", better: "lower" },
  { name: "trainLoss", better: "lower" },
];

/** The figure to compare by: the first that one of the trainings has. */
export function headlineOf(metrics: readonly Readonly<Record<string, number>>[]): Measure | null {
  return HEADLINES.find(({ name }) => metrics.some((one) => name in one)) ?? null;
}
