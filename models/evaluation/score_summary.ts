import { AccuracyTally, type VideoAccuracy } from "./accuracy_tally.ts";
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

/** Metrics of an evaluation. */
export interface ScoreSummary extends Omit<VideoAccuracy, "loss"> {
  /** Averaged views, as segments along time and crops along the longer side. */
  readonly views: { readonly segments: readonly number[]; readonly crops: readonly number[] };
  /** Row-major [classes, classes]: row is the label, column the prediction; readable videos only. */
  readonly confusion: Uint32Array;
  /** Whether each of the rows is classified right. */
  readonly right: readonly boolean[];
  /** Accuracy by label. */
  readonly perClass: readonly ClassAccuracy[];
  /** Videos without a single view. */
  readonly unreadable: readonly VideoFailure[];
  /** Videos classified from fewer views than the others. */
  readonly partial: readonly VideoFailure[];
}

/** The views that are averaged, and the videos. */
export interface ChosenViews {
  readonly segments: readonly number[];
  readonly crops: readonly number[];
  readonly rows: readonly number[];
}

/**
 * A subset of views, checked.
 *
 * @throws {RangeError} if it has unknown views
 */
export function chosenViews(scores: ViewScores, subset: ViewSubset): ChosenViews {
  return {
    segments: chosenPlaces("segments", subset.segments, scores.segments),
    crops: chosenPlaces("crops", subset.crops, scores.crops),
    rows: subset.rows ?? scores.videos.map((_, row) => row),
  };
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

/** Splits the views of one video into scored and failed ones. */
export function sortViews(
  scores: ViewScores,
  subset: ChosenViews,
): (row: number) => { scored: number[]; error: string | undefined } {
  const places = viewPlaces(scores);
  const errors = new Map(scores.failed.map((view) => [viewNumber(scores, view), view.error]));
  return (row) => {
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
  const { classes, videos, entries: { logits } } = scores;
  const chosen = chosenViews(scores, subset);
  const viewsOf = sortViews(scores, chosen);
  const tally = new AccuracyTally(classes.length);
  const unreadable: VideoFailure[] = [];
  const partial: VideoFailure[] = [];
  const right: boolean[] = [];
  for (const row of chosen.rows) {
    const { path, label } = videos[row];
    const { scored, error } = viewsOf(row);
    // In the order of views, not of entries: floating point sums depend on it, and merged shards must agree with
    // a single process.
    for (const place of scored) {
      tally.addView(logits.subarray(place * classes.length, (place + 1) * classes.length));
    }
    right.push(tally.endVideo(label));
    if (error === undefined) continue;
    (scored.length > 0 ? partial : unreadable).push({ row, path, error });
  }
  const { confusion, missed } = tally;
  const { loss: _, ...accuracy } = tally.accuracy();
  return {
    ...accuracy,
    views: { segments: chosen.segments, crops: chosen.crops },
    confusion,
    right,
    perClass: classes.map((name, c) => ({
      name,
      videos: missed[c] +
        confusion.subarray(c * classes.length, (c + 1) * classes.length).reduce((a, b) => a + b, 0),
      right: confusion[c * classes.length + c],
      unreadable: missed[c],
    })),
    unreadable,
    partial,
  };
}
