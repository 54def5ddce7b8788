import { topName, topOf } from "@videoms/core/plain";
import type { VideoAccuracy } from "@videoms/models";
import { type LoggedMetric, loggedMetrics } from "../log/logged_metric.ts";

/** How a classifier does on the videos of a list. */
export type Validation = VideoAccuracy;

/** A validation as a line of the log has it. */
export function validationMetrics(
  { top1, topK, k, meanClass, loss, videos }: Validation,
  of: Pick<LoggedMetric, "weights" | "head"> = {},
): LoggedMetric[] {
  return loggedMetrics({ top1, [topName(k)]: topK, meanClass, loss, videos }, of);
}

/** The validation that some logged values are of; null if there is none. */
export function loggedValidation(values: Readonly<Record<string, number>>): Validation | null {
  const { top1, meanClass = NaN, loss, videos } = values; // meanClass came later than the others
  if (top1 === undefined) return null;
  const k = Math.max(...Object.keys(values).map((name) => topOf(name) ?? 0));
  return { top1, topK: values[topName(k)], k, meanClass, loss, videos };
}
