import { type TargetRating, TargetTally } from "../targets/target_tally.ts";
import {
  chosenViews,
  type ScoreSummary,
  sortViews,
  type VideoFailure,
  type ViewSubset,
} from "./score_summary.ts";
import type { ViewScores } from "./view_scores.ts";

/** Metrics of an evaluation of labels or numbers. Unreadable videos are left out. */
export interface TargetSummary extends Omit<TargetRating, "perName">, Pick<ScoreSummary, "views"> {
  /** Average precision of each label, or R² of each number. */
  readonly perName: readonly { readonly name: string; readonly value: number }[];
  /** Videos without a single view. */
  readonly unreadable: readonly VideoFailure[];
  /** Videos predicted from fewer views than the others. */
  readonly partial: readonly VideoFailure[];
}

/**
 * Predicts labels or numbers of videos by the mean over their views, as `summarizeScores` does classes.
 *
 * @throws {RangeError} if the scores are of classes, or the subset has unknown views or rows
 */
export function summarizeTargets(scores: ViewScores, subset: ViewSubset = {}): TargetSummary {
  const { classes, targets, videos, entries: { logits } } = scores;
  if (!targets) throw new RangeError("Cannot evaluate: targets must be scored, got classes");
  const chosen = chosenViews(scores, subset);
  const viewsOf = sortViews(scores, chosen);
  const tally = new TargetTally(targets);
  const unreadable: VideoFailure[] = [];
  const partial: VideoFailure[] = [];
  for (const row of chosen.rows) {
    const { scored, error } = viewsOf(row);
    for (const place of scored) {
      tally.addView(logits.subarray(place * classes.length, (place + 1) * classes.length));
    }
    tally.endVideo(videos[row]);
    if (error === undefined) continue;
    (scored.length > 0 ? partial : unreadable).push({ row, path: videos[row].path, error });
  }
  const { perName, ...rating } = tally.rating();
  return {
    ...rating,
    views: { segments: chosen.segments, crops: chosen.crops },
    perName: classes.map((name, c) => ({ name, value: perName[c] })),
    unreadable,
    partial,
  };
}
