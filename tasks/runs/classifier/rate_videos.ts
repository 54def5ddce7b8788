import {
  type RawClips,
  scoreViewsOnRanks,
  type SharedScoring,
  type UnreadableVideo,
  type ViewBatchesOptions,
} from "@videoms/data";
import { AccuracyTally } from "@videoms/models";
import type { Validation } from "./validation.ts";

/** The videos that are classified, and how. */
export interface RateOptions extends ViewBatchesOptions, SharedScoring {
  classes: number;
  /** Videos of the same list that are known to be unreadable. */
  unreadable: readonly UnreadableVideo[];
  /** Called with each video that turns out to be unreadable. */
  onUnreadable: (path: string, error: string) => void;
}

/**
 * Classifies videos by several classifiers at once: softmax of each view, mean over the views of a video. Clips
 * are decoded once.
 *
 * @param count G, classifiers
 * @param score logits of clips, float32 row-major [G, B, classes]
 * @returns one result for each classifier
 */
export async function rateVideos(
  count: number,
  score: (clips: RawClips) => Promise<Float32Array>,
  options: RateOptions,
): Promise<Validation[]> {
  const { videos, classes, unreadable, onUnreadable } = options;
  const tallies = Array.from({ length: count }, () => new AccuracyTally(classes));
  const endVideo = (label: number) => tallies.forEach((tally) => tally.endVideo(label));
  const lost = new Map<number, string>();
  const missing = new Set(videos.keys());
  let current = -1; // row of the video whose views are being added
  for await (const { clips, failed, scores } of scoreViewsOnRanks(options, options, score)) {
    for (const { row, error } of failed) lost.set(row, error);
    clips.forEach(({ row }, b) => {
      if (row !== current && current >= 0) endVideo(videos[current].label);
      current = row;
      missing.delete(row);
      tallies.forEach((tally, g) => {
        const from = (g * clips.length + b) * classes;
        tally.addView(scores!.subarray(from, from + classes));
      });
    });
  }
  if (current >= 0) endVideo(videos[current].label);
  for (const { label } of [...Array.from(missing, (row) => videos[row]), ...unreadable]) {
    endVideo(label);
  }
  for (const [row, error] of lost) onUnreadable(videos[row].record.path, error);
  return tallies.map((tally) => tally.accuracy());
}
