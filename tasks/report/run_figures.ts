import { metricsOf as metricsOfLine } from "../runs/log/metric.ts";
import type { LogEntry } from "../runs/log/run_log.ts";
import type { Measure } from "../ablate/ablation_record.ts";
import { perClipOf } from "../runs/cost/cost_facts.ts";
import { loggedCost, stepLines } from "../runs/cost/logged_cost.ts";
import { clipsPerStep } from "../runs/cost/run_cost.ts";
import type { ReportCost, ReportRun } from "./report_data.ts";

/** Lines about training steps, ascending. */
export function stepsOf({ entries }: ReportRun): LogEntry[] {
  return stepLines(entries);
}

/** A number of the whole run by step, of its last weights; what was not finite is left out. */
export function pointsOf(
  entries: readonly LogEntry[],
  name: string,
): { step: number; value: number }[] {
  return entries.flatMap(metricsOfLine).filter((metric) =>
    metric.name === name && metric.weights === "last" && metric.head === null &&
    Number.isFinite(metric.value)
  );
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
 * What a run cost, from its log and from what was noted of it.
 *
 * @returns null before the first line about a step
 */
export function costOf({ record, entries }: ReportRun): ReportCost | null {
  const logged = loggedCost(entries, clipsPerStep(record.task));
  if (!logged) return null;
  const perClip = perClipOf(record);
  const { clips, seconds, peakBytes } = logged;
  return {
    multiplyAccumulates: perClip === null ? null : clips * perClip,
    seconds,
    peakBytes,
    clips,
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
