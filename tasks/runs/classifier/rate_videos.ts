import {
  type RawClips,
  scoreViewsOnRanks,
  type SharedScoring,
  type UnreadableVideo,
  type ViewBatchesOptions,
} from "@videoms/data";
import type { VideoTally, WantedVideo } from "@videoms/models";

/** The videos that are classified, and how. */
export interface RateOptions<Rating> extends ViewBatchesOptions, SharedScoring {
  /** Scores of a clip. */
  classes: number;
  /** A tally of one network. */
  tally: () => VideoTally<Rating>;
  /** Videos of the same list that are known to be unreadable. */
  unreadable: readonly UnreadableVideo[];
  /** Called with each video that turns out to be unreadable. */
  onUnreadable: (path: string, error: string) => void;
}

/**
 * Rates several networks at once by the means over the views of each video. Clips are decoded once.
 *
 * @param count G, networks
 * @param score logits of clips, float32 row-major [G, B, classes]
 * @returns one result for each network
 */
export async function rateVideos<Rating>(
  count: number,
  score: (clips: RawClips) => Promise<Float32Array>,
  options: RateOptions<Rating>,
): Promise<Rating[]> {
  const { videos, classes, unreadable, onUnreadable } = options;
  const tallies = Array.from({ length: count }, options.tally);
  const endVideo = (video: WantedVideo) => tallies.forEach((tally) => tally.endVideo(video));
  const lost = new Map<number, string>();
  const missing = new Set(videos.keys());
  let current = -1; // row of the video whose views are being added
  for await (const { clips, failed, scores } of scoreViewsOnRanks(options, options, score)) {
    for (const { row, error } of failed) lost.set(row, error);
    clips.forEach(({ row }, b) => {
      if (row !== current && current >= 0) endVideo(videos[current]);
      current = row;
      missing.delete(row);
      tallies.forEach((tally, g) => {
        const from = (g * clips.length + b) * classes;
        tally.addView(scores!.subarray(from, from + classes));
      });
    });
  }
  if (current >= 0) endVideo(videos[current]);
  for (const video of [...Array.from(missing, (row) => videos[row]), ...unreadable]) {
    endVideo(video);
  }
  for (const [row, error] of lost) onUnreadable(videos[row].record.path, error);
  return tallies.map((tally) => tally.rating());
}
