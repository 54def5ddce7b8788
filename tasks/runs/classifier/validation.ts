import { formatMetric, metricKind, topName, topOf } from "@videoms/core/plain";
import {
  accuracyTally,
  type RatedSets,
  setTally,
  type TargetRating,
  type Targets,
  TargetTally,
  type VideoAccuracy,
  type VideoTally,
} from "@videoms/models";
import { setLossName } from "@videoms/studio/train";
import { type LoggedMetric, loggedMetrics } from "@videoms/data";

/** How a network does on the videos of a list: a classifier, or one that predicts labels or numbers. */
export type Validation = (VideoAccuracy | TargetRating) & RatedSets;

/** The tally of a network with so many scores, which tells the sets of a mix apart. */
export function validationTally(
  classes: number,
  targets: Targets | null,
): VideoTally<Validation> {
  const make = (): VideoTally<VideoAccuracy | TargetRating> =>
    targets ? new TargetTally(targets) : accuracyTally(classes);
  return setTally(make);
}

function valuesOf(validation: Validation): Record<string, number> {
  const { loss, videos } = validation;
  if ("figures" in validation) return { ...validation.figures, loss, videos };
  const { top1, topK, k, meanClass, calibrationError } = validation;
  return { top1, [topName(k)]: topK, meanClass, calibrationError, loss, videos };
}

/** A validation as a line of the log has it. */
export function validationMetrics(
  validation: Validation,
  of: Pick<LoggedMetric, "weights" | "head"> = {},
): LoggedMetric[] {
  const ofSets = Object.entries(validation.setLosses ?? {})
    .map(([set, loss]) => [setLossName(set), loss]);
  return loggedMetrics({ ...valuesOf(validation), ...Object.fromEntries(ofSets) }, of);
}

/** The number that the best weights are chosen by: top-1, mAP or R². */
export function mainFigure(validation: Validation): [name: string, value: number] {
  return Object.entries(valuesOf(validation))[0] as [string, number];
}

/** A validation in a few words: "top-1 77.50 %, top-5 99.00 %, loss 0.6931". */
export function describeValidation(validation: Validation): string {
  const { videos: _, ...values } = valuesOf(validation);
  const { meanClass: __, calibrationError: ___, ...ofClasses } = values;
  const shown = "figures" in validation ? values : ofClasses;
  return Object.entries(shown).map(([name, value]) =>
    `${metricKind(name).label} ${formatMetric(name, value)}`
  ).join(", ");
}

/** The validation that some logged values are of; null if there is none. */
export function loggedValidation(values: Readonly<Record<string, number>>): Validation | null {
  // meanClass and calibrationError came later than the others.
  const { top1, meanClass = NaN, calibrationError = NaN, loss, videos } = values;
  const { meanAveragePrecision, r2, meanAbsoluteError } = values;
  const rest = { loss, videos, perName: [] };
  if (r2 !== undefined) return { figures: { r2, meanAbsoluteError }, ...rest };
  if (meanAveragePrecision !== undefined) {
    return { figures: { meanAveragePrecision, calibrationError }, ...rest };
  }
  if (top1 === undefined) return null;
  const k = Math.max(...Object.keys(values).map((name) => topOf(name) ?? 0));
  return { top1, topK: values[topName(k)], k, meanClass, calibrationError, loss, videos };
}
