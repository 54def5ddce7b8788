import type { Json } from "@videoms/core";
import type { Targets } from "../targets/targets.ts";

/** A video of an evaluation; its row is its index in the list. */
export interface ScoredVideo {
  /** The file. */
  readonly path: string;
  /** Class, counted from 0. */
  readonly label: number;
  /** What is predicted in place of a class. @default nothing, the label is */
  readonly targets?: readonly number[];
  /** The frames that views are taken from, the end exclusive. @default the whole video */
  readonly window?: { readonly start: number; readonly end: number };
}

/** A view of a video. */
export interface ViewPlace {
  /** Row of the video. */
  readonly row: number;
  /** Segment along time, from 0. */
  readonly segment: number;
  /** Crop along the longer side, from 0. */
  readonly crop: number;
}

/** A view that could not be decoded. */
export interface FailedView extends ViewPlace {
  /** The error. */
  readonly error: string;
}

/** What was evaluated. */
export interface EvaluationFacts {
  /** Name of the task that trained the classifier. */
  readonly task: string;
  /**
   * What scores depend on beside weights and views: network, frame selector, token selection, sampling rate.
   */
  readonly settings: Json;
  /** The checkpoint; the hash distinguishes checkpoints of the same step. */
  readonly checkpoint: { readonly path: string; readonly step: number; readonly sha256: string };
  /** Which of the run's weights, such as "last". */
  readonly weights: string;
  /** The list of videos: a split or the path of an annotation list. */
  readonly list: string;
  /** What was changed of the clips as a control, such as "reversed". @default nothing */
  readonly control?: string;
  /** The labels of the classifier's head and the class that each counts for, -1 for none. @default the classes are these */
  readonly labelMap?: { readonly labels: readonly string[]; readonly to: readonly number[] };
}

/** Scores of single views, R of them in any order, each view at most once. */
export interface ViewEntries {
  /** [R], row of the video. */
  readonly row: Int32Array;
  /** [R], segment along time. */
  readonly segment: Int32Array;
  /** [R], crop along the longer side. */
  readonly crop: Int32Array;
  /** Logits, float32 [R, classes]. */
  readonly logits: Float32Array;
}

/**
 * A classifier's scores for the views of a list of videos. Views of other shards, or not reached before an
 * interruption, may be missing.
 */
export interface ViewScores {
  /** What was evaluated. */
  readonly facts: EvaluationFacts;
  /** Names of the classes by label, or of what is predicted in place of a class. */
  readonly classes: readonly string[];
  /** What is predicted in place of a class. @default nothing, classes are */
  readonly targets?: Targets;
  /** G, planned clips along time of each video. */
  readonly segments: number;
  /** C, planned windows along the longer side of each video. */
  readonly crops: number;
  /** Every video of the list, including unreadable ones. */
  readonly videos: readonly ScoredVideo[];
  /** The scores so far. */
  readonly entries: ViewEntries;
  /** The views that could not be decoded. */
  readonly failed: readonly FailedView[];
}

/** Marks a view that has neither been scored nor failed. */
export const NOT_SCORED: number = -1;

/** Marks a view that could not be decoded. */
export const FAILED: number = -2;

/** Index of a view among all planned ones: row by row, segment by segment. */
export function viewNumber(
  { segments, crops }: Pick<ViewScores, "segments" | "crops">,
  { row, segment, crop }: ViewPlace,
): number {
  return (row * segments + segment) * crops + crop;
}

/** The parts of scores that identify views. */
export type ViewTable =
  & Pick<ViewScores, "segments" | "crops" | "videos" | "failed">
  & { readonly entries: Pick<ViewEntries, "row" | "segment" | "crop"> };

/**
 * Finds the scores of each planned view.
 *
 * @returns int32 [videos, segments, crops]: an index into the entries, {@linkcode NOT_SCORED} or {@linkcode
 * FAILED}
 * @throws {RangeError} if a view was not planned or occurs twice
 */
export function viewPlaces(scores: ViewTable): Int32Array {
  const { segments, crops, videos, entries, failed } = scores;
  const places = new Int32Array(videos.length * segments * crops).fill(NOT_SCORED);
  const within = (value: number, end: number) => value >= 0 && value < end;
  const put = (row: number, segment: number, crop: number, place: number) => {
    const which = `segment ${segment}, crop ${crop} of row ${row}`;
    if (!within(row, videos.length) || !within(segment, segments) || !within(crop, crops)) {
      throw new RangeError(
        `Cannot read view scores: views must be among ${segments} × ${crops} of ${videos.length} ` +
          `videos, got ${which}`,
      );
    }
    const number = viewNumber(scores, { row, segment, crop });
    if (places[number] !== NOT_SCORED) {
      throw new RangeError(
        `Cannot read view scores: each view must occur once, got ${which} twice`,
      );
    }
    places[number] = place;
  };
  entries.row.forEach((row, place) => put(row, entries.segment[place], entries.crop[place], place));
  for (const { row, segment, crop } of failed) put(row, segment, crop, FAILED);
  return places;
}

/** The planned views of some rows that have neither been scored nor failed, in their order. */
export function missingViews(
  scores: ViewTable,
  rows: Iterable<number> = scores.videos.keys(),
): ViewPlace[] {
  const places = viewPlaces(scores);
  const { segments, crops } = scores;
  return [...rows].flatMap((row) =>
    Array.from({ length: segments * crops }, (_, view) => ({
      row,
      segment: Math.floor(view / crops),
      crop: view % crops,
    })).filter((view) => places[viewNumber(scores, view)] === NOT_SCORED)
  );
}

/** Those of the given rows with {@linkcode missingViews}. */
export function unfinishedRows(scores: ViewTable, rows?: Iterable<number>): number[] {
  return [...new Set(missingViews(scores, rows).map(({ row }) => row))];
}
