import { topName } from "@videoms/core/plain";
import type { Json } from "@videoms/core";
import { headName, type LoggedMetric, loggedMetrics } from "./logged_metric.ts";
import type { LogEntry } from "./run_log.ts";

/** A number that was measured, and what it was measured on. */
export interface Metric {
  /** Its name, by which unit, label and direction are known. */
  readonly name: string;
  /** NaN where it was not finite. */
  readonly value: number;
  /** Optimiser steps that were done by then. */
  readonly step: number;
  /** What measured it: "step", "validation", "evaluation". */
  readonly event: string;
  /** The videos: "train", "held-out", "test"; null where the log does not tell. */
  readonly split: string | null;
  /** Whose it is: "last", "best", "last-average" or "best-average". */
  readonly weights: string;
  /** The head of a probe; null for the run as a whole. */
  readonly head: string | null;
  /** Views of a video that were averaged, segments × crops: "5 × 3"; null for the centre one. */
  readonly views: string | null;
}

function textOr<Other>(value: Json | undefined, other: Other): string | Other {
  return typeof value === "string" ? value : other;
}

/**
 * The numbers of a line, also of one that an earlier version wrote; none for a line that only says what
 * happened.
 *
 * @example
 * ```ts
 * import { metricsOf } from "@videoms/data";
 *
 * const [loss] = metricsOf({
 *   event: "evaluation",
 *   step: 3,
 *   split: "held-out",
 *   metrics: [{ name: "loss", value: 0.5 }],
 * });
 * console.assert(loss.value === 0.5 && loss.split === "held-out" && loss.weights === "last");
 * ```
 */
export function metricsOf(line: LogEntry): Metric[] {
  const { step, metrics = earlierMetrics(line) } = line;
  if (typeof step !== "number" || !Array.isArray(metrics)) return [];
  const event = String(line.event);
  const videos = line.split ?? line.clips ?? (event === "step" ? "train" : null);
  const split = videos === "training" ? "train" : textOr(videos, null);
  const views = textOr(line.views, null);
  return (metrics as readonly LoggedMetric[]).map((
    { name, value, weights = "last", head = null },
  ) => ({ name, value: value ?? NaN, step, event, split, weights, head, views }));
}

/** What tells a number from the others of its line: "loss", "last-average/top1". */
export function metricKey({ name, weights, head }: Metric): string {
  const parts = [head, weights === "last" ? null : weights, name];
  return parts.filter((part) => part !== null).join("/");
}

/** Events whose lines held numbers as fields of their own. */
const EVENTS: readonly Json[] = ["step", "evaluation", "validation"];

type Fields = Readonly<Record<string, Json>>;

function numbersOf(
  { step: _step, epoch: _epoch, k, ...fields }: Fields,
  of: Pick<LoggedMetric, "weights" | "head"> = {},
): LoggedMetric[] {
  return Object.entries(fields).flatMap(([field, value]) => {
    const name = field === "topK" ? topName(Number(k)) : field;
    return typeof value === "number" ? [{ name, value, ...of }] : [];
  });
}

/** The heads of a probe, after the figures of the best of them. */
function headsOf(heads: readonly Fields[], k: Json): LoggedMetric[] {
  const rows = heads.map(({ kind, rate, decay, ...fields }) => ({
    head: headName({ kind: String(kind), rate: Number(rate), decay: Number(decay) }),
    fields: { ...fields, k } as Fields,
  }));
  const [best] = rows.toSorted(({ fields: a }, { fields: b }) =>
    Number(b.top1) - Number(a.top1) || Number(a.loss) - Number(b.loss)
  );
  return [
    ...numbersOf(best.fields),
    ...rows.flatMap(({ head, fields }) => numbersOf(fields, { head })),
  ];
}

/** What a comparison of the chosen tokens with all of them measured. */
function comparisonOf({ tokens, msPerClip }: Fields): LoggedMetric[] {
  const [[kept, all], [ms, msWithAll]] = [tokens, msPerClip] as [number[], number[]];
  return loggedMetrics({
    tokens: kept,
    allTokens: all,
    msPerClip: ms,
    msPerClipWithAll: msWithAll,
  });
}

/**
 * The numbers of a line of a version that had no `metrics` in its lines: those of the weights as fields, their
 * average's as `average` or `averageLoss`, a probe's as `heads`.
 *
 * @returns null for a line that only says what happened
 */
function earlierMetrics(line: LogEntry): LoggedMetric[] | null {
  const { event, average, averageLoss, heads, ...fields } = line;
  if (event === "cost") return comparisonOf(fields);
  if (!EVENTS.includes(event)) return null;
  const weights = "last-average";
  return [
    ...numbersOf(fields),
    ...typeof average === "object" && average ? numbersOf(average as Fields, { weights }) : [],
    ...typeof averageLoss === "number" ? numbersOf({ loss: averageLoss }, { weights }) : [],
    ...Array.isArray(heads) && heads.length > 0 ? headsOf(heads as Fields[], fields.k) : [],
  ];
}
