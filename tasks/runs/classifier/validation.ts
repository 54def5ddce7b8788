import { topName, topOf } from "../../output/metrics.ts";
import { type LoggedMetric, loggedMetrics } from "../log/logged_metric.ts";

/** How a classifier does on the videos of a list. */
export interface Validation {
  /** Mean cross-entropy of the readable videos. */
  loss: number;
  /** Share of all videos whose class has the largest score; unreadable ones count as missed. */
  top1: number;
  /** Share of all videos whose class is among the k largest scores. */
  topK: number;
  /** The lesser of 5 and the number of classes. */
  k: number;
  /** Videos in all. */
  videos: number;
}

/** A validation as a line of the log has it. */
export function validationMetrics(
  { top1, topK, k, loss, videos }: Validation,
  of: Pick<LoggedMetric, "weights" | "head"> = {},
): LoggedMetric[] {
  return loggedMetrics({ top1, [topName(k)]: topK, loss, videos }, of);
}

/** The validation that some logged values are of; null if there is none. */
export function loggedValidation(values: Readonly<Record<string, number>>): Validation | null {
  const { top1, loss, videos } = values;
  if (top1 === undefined) return null;
  const k = Math.max(...Object.keys(values).map((name) => topOf(name) ?? 0));
  return { top1, topK: values[topName(k)], k, loss, videos };
}
