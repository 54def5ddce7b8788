import { type Communicator, valueOfFirst } from "@videoms/core";
import {
  type EvaluationList,
  type LabelledVideo,
  type RawClips,
  type ScoredViews,
  scoreViewsOnRanks,
} from "@videoms/data";
import {
  collectScores,
  type FailedView,
  missingViews,
  viewNumber,
  type ViewScores,
} from "@videoms/models";
import type { PlanViews } from "@videoms/studio/views";
import type { Progress } from "@videoms/data/console";
import type { TrainedClassifier } from "../../runs/classifier/trained_classifier.ts";

export interface ScoreVideosOptions {
  classifier: TrainedClassifier;
  /** What can be decoded, by row. */
  list: EvaluationList;
  rows: readonly number[];
  plan: PlanViews;
  batch: number;
  progress: Progress;
  /** Changes the pixels of clips before they are scored. */
  change?: (clips: RawClips, views: readonly { path: string; segment: number }[]) => void;
  save: (scores: ViewScores) => Promise<void>;
  /** Share out the views; only the first knows which are missing. */
  ranks: Communicator;
  signal: AbortSignal;
}

/** Scores, and what computing them took. */
export interface ScoredVideos {
  scores: ViewScores;
  /** Views that were scored or failed just now. */
  views: number;
  seconds: number;
  /** Seconds of them that were spent waiting for decoded clips. */
  waitSeconds: number;
}

/** Milliseconds from one saving to the next. */
const SAVE_EVERY = 60_000;

/** Scores the missing views of rows; videos are named by their row in the list. */
async function* scoreMissing(
  start: ViewScores,
  rows: readonly number[],
  { classifier: { task, score }, list, plan, batch, change, ranks, signal }: ScoreVideosOptions,
): AsyncGenerator<ScoredViews<Float32Array>, void, void> {
  const wanted = missingViews(start, rows).map((view) => viewNumber(start, view));
  const missing = new Set(await valueOfFirst(ranks, wanted));
  const scoring = scoreViewsOnRanks({ ranks, viewsPerVideo: start.segments * start.crops }, {
    videos: rows.map((row) => list.readable[row] as LabelledVideo),
    views: (video, index) =>
      plan(video).filter((view) => missing.has(viewNumber(start, { ...view, row: rows[index] }))),
    batch,
    size: task.model.imageSize,
    processes: task.data.workers || undefined,
    prefetch: task.data.prefetch,
    signal,
  }, async (clips, views) => {
    change?.(clips, views.map(({ row, segment }) => ({ ...list.videos[rows[row]], segment })));
    return (await score(clips)).logits;
  });
  const inList = <View extends { row: number }>(view: View) => ({ ...view, row: rows[view.row] });
  for await (const { clips, failed, ...more } of scoring) {
    yield { ...more, clips: clips.map(inList), failed: failed.map(inList) };
  }
}

/** The missing views of the videos that nothing can be decoded of. */
function lostViews(start: ViewScores, { rows, list }: ScoreVideosOptions): FailedView[] {
  return missingViews(start, rows).flatMap((view) => {
    const error = list.readable[view.row];
    return typeof error === "string" ? [{ ...view, error }] : [];
  });
}

/** Tells of each video once that it cannot be read, or not in whole. */
function failureReport(list: EvaluationList, progress: Progress) {
  const told = new Set<number>();
  return (failed: readonly FailedView[]): void => {
    for (const { row, error } of failed) {
      if (!told.has(row)) progress.print(`Cannot read ${list.videos[row].path}: ${error}`);
      told.add(row);
    }
  };
}

/**
 * Decodes and scores the views that are missing. What is there is kept every minute, at the end, and
 * when the work is stopped or fails.
 *
 * @throws {RangeError} if a score is not finite
 */
export async function scoreVideos(
  start: ViewScores,
  options: ScoreVideosOptions,
): Promise<ScoredVideos> {
  const { list, rows, progress, save, signal } = options;
  const began = performance.now();
  const collector = collectScores(start, rows.length * start.segments * start.crops);
  const report = failureReport(list, progress);
  let [views, waitSeconds, savedAt] = [0, 0, began];
  const fail = (failed: readonly FailedView[]) => {
    collector.fail(failed);
    report(failed);
    views += failed.length;
  };
  fail(lostViews(start, options));
  const readable = rows.filter((row) => typeof list.readable[row] !== "string");
  try {
    for await (const batch of scoreMissing(start, readable, options)) {
      const { clips, failed, scores, waitMs } = batch;
      fail(failed);
      if (scores) collector.add(clips, scores);
      views += clips.length;
      waitSeconds += waitMs / 1000;
      progress.update(views);
      if (performance.now() - savedAt < SAVE_EVERY) continue;
      await save(collector.scores());
      savedAt = performance.now();
    }
  } catch (error) {
    // Another rank may have been told to stop.
    if (!signal.aborted && (error as Error).name !== "AbortError") throw error;
  } finally {
    if (views > 0) await save(collector.scores());
  }
  const seconds = (performance.now() - began) / 1000;
  return { scores: collector.scores(), views, seconds, waitSeconds };
}
