import { confusionMatrix, meanClassAccuracy, topK } from "../classifier/metrics.ts";
import { softmax } from "./softmax.ts";
import { FAILED, NOT_SCORED, viewNumber, viewPlaces, type ViewScores } from "./view_scores.ts";

/** Which of the scored views are averaged. */
export interface ViewSubset {
  /** Segments along time, from 0. @default all */
  segments?: readonly number[];
  /** Crops along the longer side, from 0. @default all */
  crops?: readonly number[];
  /** Rows of the videos. @default all */
  rows?: readonly number[];
}

/** A video with views that could not be decoded. */
export interface VideoFailure {
  /** Row in the list. */
  readonly row: number;
  /** The file. */
  readonly path: string;
  /** What is wrong with the first of these views. */
  readonly error: string;
}

/** Accuracy of one class. */
export interface ClassAccuracy {
  /** Name of the class. */
  readonly name: string;
  /** Videos with this label, including unreadable ones. */
  readonly videos: number;
  /** Correctly classified videos. */
  readonly right: number;
  /** Unreadable videos. */
  readonly unreadable: number;
}

/** Metrics of an evaluation. Accuracies are shares of all videos; unreadable ones count as wrong. */
export interface ScoreSummary {
  /** Total number of videos. */
  readonly videos: number;
  /** Averaged views, as segments along time and crops along the longer side. */
  readonly views: { readonly segments: readonly number[]; readonly crops: readonly number[] };
  /** Top-1 accuracy by mean probability; on ties the lowest class is predicted. */
  readonly top1: number;
  /** Top-k accuracy. */
  readonly topK: number;
  /** 5, or the number of classes if there are fewer. */
  readonly k: number;
  /** Mean per-class accuracy over the classes that have videos. */
  readonly meanClass: number;
  /** Row-major [classes, classes]: row is the label, column the prediction; readable videos only. */
  readonly confusion: Uint32Array;
  /** Accuracy by label. */
  readonly perClass: readonly ClassAccuracy[];
  /** Videos without a single view. */
  readonly unreadable: readonly VideoFailure[];
  /** Videos classified from fewer views than the others. */
  readonly partial: readonly VideoFailure[];
}

/** The indices of a subset, checked and ascending. */
function chosenPlaces(
  what: string,
  chosen: readonly number[] | undefined,
  count: number,
): number[] {
  const all = Array.from({ length: count }, (_, place) => place);
  if (chosen === undefined) return all;
  const known = chosen.every((place) => all.includes(place));
  if (chosen.length === 0 || !known || new Set(chosen).size < chosen.length) {
    throw new RangeError(
      `Cannot evaluate: ${what} must be different whole numbers from 0 to ${
        count - 1
      }, which were ` +
        `scored, got ${chosen.length === 0 ? "none" : chosen.join(", ")}`,
    );
  }
  return all.filter((place) => chosen.includes(place));
}

/** Mean probabilities of the readable videos. */
interface AveragedViews {
  /** Rows of the videos. */
  rows: number[];
  /** Row-major [rows, classes]. */
  probabilities: Float64Array;
  unreadable: VideoFailure[];
  partial: VideoFailure[];
}

/** Splits the views of one video into scored and failed ones. */
function sortViews(scores: ViewScores, places: Int32Array, subset: Required<ViewSubset>) {
  const errors = new Map(scores.failed.map((view) => [viewNumber(scores, view), view.error]));
  return (row: number): { scored: number[]; error: string | undefined } => {
    const scored: number[] = [];
    let error: string | undefined;
    for (const segment of subset.segments) {
      for (const crop of subset.crops) {
        const number = viewNumber(scores, { row, segment, crop });
        const place = places[number];
        if (place === NOT_SCORED) {
          throw new RangeError(
            `Cannot evaluate: every view must have been scored or have failed, got nothing for ` +
              `segment ${segment}, crop ${crop} of row ${row} (${scores.videos[row].path})`,
          );
        }
        if (place === FAILED) error ??= errors.get(number);
        else scored.push(place);
      }
    }
    return { scored, error };
  };
}

/**
 * Averages in the order of views, not of entries: floating point sums depend on order, and merged shards must
 * agree with a single process.
 */
function averageViews(scores: ViewScores, subset: Required<ViewSubset>): AveragedViews {
  const { videos, classes: { length: classes }, entries: { logits } } = scores;
  const viewsOf = sortViews(scores, viewPlaces(scores), subset);
  const rows: number[] = [];
  const unreadable: VideoFailure[] = [];
  const partial: VideoFailure[] = [];
  const probabilities = new Float64Array(subset.rows.length * classes);
  for (const row of subset.rows) {
    const { scored, error } = viewsOf(row);
    if (error !== undefined) {
      (scored.length > 0 ? partial : unreadable).push({ row, path: videos[row].path, error });
    }
    if (scored.length === 0) continue;
    const own = probabilities.subarray(rows.length * classes, (rows.length + 1) * classes);
    for (const place of scored) {
      const probabilities = softmax(logits.subarray(place * classes, (place + 1) * classes));
      probabilities.forEach((probability, c) => own[c] += probability);
    }
    own.forEach((sum, c) => own[c] = sum / scored.length);
    rows.push(row);
  }
  const used = probabilities.subarray(0, rows.length * classes);
  return { rows, probabilities: used, unreadable, partial };
}

/** Counts each label. */
function countLabels(labels: readonly number[], classes: number): Uint32Array {
  const counts = new Uint32Array(classes);
  for (const label of labels) counts[label]++;
  return counts;
}

/**
 * Classifies videos by the mean probability over their views and computes the accuracy.
 *
 * Any subset of the scored views can be used, so one evaluation with many views also gives the accuracy of
 * fewer. The result does not depend on the order of entries. If some views of a video cannot be decoded, the
 * others decide; if none can, the video counts as wrong.
 *
 * @throws {RangeError} if the subset has unknown views or rows, or views that are neither scored nor failed
 * @example
 * ```ts
 * import { summarizeScores } from "@videoms/models";
 *
 * // One video of class 1, two segments; the first one is taken for class 0.
 * const scores = {
 *   facts: {
 *     task: "example",
 *     settings: null,
 *     checkpoint: { path: "step-00000001.safetensors", step: 1, sha256: "" },
 *     weights: "last",
 *     list: "test",
 *   },
 *   classes: ["left", "right"],
 *   segments: 2,
 *   crops: 1,
 *   videos: [{ path: "a.mp4", label: 1 }],
 *   entries: {
 *     row: Int32Array.of(0, 0),
 *     segment: Int32Array.of(0, 1),
 *     crop: Int32Array.of(0, 0),
 *     logits: Float32Array.of(1, 0, 0, 3),
 *   },
 *   failed: [],
 * };
 * console.assert(summarizeScores(scores).top1 === 1);
 * console.assert(summarizeScores(scores, { segments: [0] }).top1 === 0);
 * ```
 */
export function summarizeScores(scores: ViewScores, subset: ViewSubset = {}): ScoreSummary {
  const { classes, videos } = scores;
  const chosen = {
    segments: chosenPlaces("segments", subset.segments, scores.segments),
    crops: chosenPlaces("crops", subset.crops, scores.crops),
    rows: subset.rows ?? videos.map((_, row) => row),
  };
  const { rows, probabilities, unreadable, partial } = averageViews(scores, chosen);
  const labels = rows.map((row) => videos[row].label);
  const k = Math.min(5, classes.length);
  const hits = (limit: number) =>
    labels.length === 0
      ? 0
      : topK(probabilities, labels, limit).reduce((count, right) => count + right, 0);
  const confusion = labels.length === 0
    ? new Uint32Array(classes.length ** 2)
    : confusionMatrix(probabilities, labels);
  const missed = countLabels(unreadable.map(({ row }) => videos[row].label), classes.length);
  const counts = countLabels(chosen.rows.map((row) => videos[row].label), classes.length);
  return {
    videos: chosen.rows.length,
    views: { segments: chosen.segments, crops: chosen.crops },
    top1: hits(1) / chosen.rows.length,
    topK: hits(k) / chosen.rows.length,
    k,
    meanClass: meanClassAccuracy(confusion, missed),
    confusion,
    perClass: classes.map((name, c) => ({
      name,
      videos: counts[c],
      right: confusion[c * classes.length + c],
      unreadable: missed[c],
    })),
    unreadable,
    partial,
  };
}
