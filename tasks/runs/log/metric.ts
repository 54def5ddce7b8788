import type { Json } from "@videoms/core";
import { earlierMetrics } from "./earlier_lines.ts";
import type { LoggedMetric } from "./logged_metric.ts";
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
 * import { metricsOf } from "@videoms/tasks";
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
