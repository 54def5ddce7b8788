import type { UnreadableVideo, ViewBatchesOptions } from "@videoms/data";
import { softmax, topK } from "@videoms/models";
import type { RawClips } from "../network/narrow_frames.ts";
import { scoreViews } from "./score_views.ts";
import type { Validation } from "./validation.ts";

/** The videos that are classified, and how. */
export interface RateOptions extends ViewBatchesOptions {
  classes: number;
  /** Videos of the same list that are known to be unreadable. */
  unreadable: readonly UnreadableVideo[];
  /** Called with each video that turns out to be unreadable. */
  onUnreadable: (path: string, error: string) => void;
}

/** Sums over the videos that are done, and those of the video at hand. */
class Tally {
  loss = 0;
  top1 = 0;
  topK = 0;
  readonly #sums: Float64Array;

  constructor(classes: number) {
    this.#sums = new Float64Array(classes);
  }

  addView(logits: Float32Array): void {
    softmax(logits).forEach((probability, c) => this.#sums[c] += probability);
  }

  endVideo(label: number, k: number): void {
    const total = this.#sums.reduce((a, b) => a + b, 0);
    this.top1 += topK(this.#sums, [label], 1)[0];
    this.topK += topK(this.#sums, [label], k)[0];
    this.loss -= Math.log(Math.max(this.#sums[label] / total, Number.MIN_VALUE));
    this.#sums.fill(0);
  }
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
  const k = Math.min(5, classes);
  const tallies = Array.from({ length: count }, () => new Tally(classes));
  const lost = new Map<number, string>();
  let current = -1; // row of the video whose views are being added
  let read = 0;
  const endVideo = () => {
    if (current < 0) return;
    for (const tally of tallies) tally.endVideo(videos[current].label, k);
    read++;
  };
  for await (const { clips, failed, scores } of scoreViews(options, score)) {
    for (const { row, error } of failed) lost.set(row, error);
    clips.forEach(({ row }, b) => {
      if (row !== current) endVideo();
      current = row;
      tallies.forEach((tally, g) => {
        const from = (g * clips.length + b) * classes;
        tally.addView(scores!.subarray(from, from + classes));
      });
    });
  }
  endVideo();
  for (const [row, error] of lost) onUnreadable(videos[row].record.path, error);
  const all = videos.length + unreadable.length;
  return tallies.map(({ loss, top1, topK }) => ({
    loss: loss / read,
    top1: top1 / all,
    topK: topK / all,
    k,
    videos: all,
  }));
}
