import { dispose } from "@tensorflow/tfjs-core";
import { type Parameters, tidy } from "@videoms/core";
import { type LabelledVideo, type UnreadableVideo, viewBatches } from "@videoms/data";
import { type ProbeHead, type ProbeHeads, topK } from "@videoms/models";
import type { FrozenEncoder } from "../encoder/frozen_encoder.ts";
import type { PlanViews } from "../videos/test_clips.ts";

/** How a head does. */
export interface RatedHead extends ProbeHead {
  /** Share of all videos whose class is the most probable; unreadable ones count as missed. */
  top1: number;
  /** Share of all videos whose class is among the k most probable. */
  topK: number;
  /** Mean over the readable videos of the negative log-probability of their class. */
  loss: number;
}

/** How all heads do. */
export interface RatedHeads {
  heads: RatedHead[];
  /** The lesser of 5 and the number of classes. */
  k: number;
  /** Videos in all. */
  videos: number;
}

/** What {@linkcode rateHeads} is told. */
export interface RateOptions {
  videos: readonly LabelledVideo[];
  /** Videos of the same list that are known to be unreadable. */
  unreadable: readonly UnreadableVideo[];
  /** The views of a video; their probabilities are averaged. */
  views: PlanViews;
  /** Clips of a forward pass. */
  batch: number;
  /** Decoding processes; 0 for one per core. */
  workers: number;
  /** Called with each video that turns out to be unreadable. */
  onUnreadable: (path: string, error: string) => void;
  signal?: AbortSignal;
}

/** Adds the softmax of some scores to sums. */
function addProbabilities(scores: Float32Array, sums: Float64Array): void {
  const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Float64Array.from(scores, (score) => Math.exp(score - largest));
  const total = powers.reduce((a, b) => a + b, 0);
  powers.forEach((power, i) => sums[i] += power / total);
}

/** Sums over the videos that are done, and those of the video at hand. */
class HeadTally {
  top1 = 0;
  topK = 0;
  loss = 0;
  readonly #sums: Float64Array;

  constructor(classes: number) {
    this.#sums = new Float64Array(classes);
  }

  addView(scores: Float32Array): void {
    addProbabilities(scores, this.#sums);
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
 * Classifies videos by every head: softmax of each view, mean over the views of a video, as evaluations
 * do. Clips are decoded and encoded once for all heads.
 */
export async function rateHeads(
  encoder: FrozenEncoder,
  heads: ProbeHeads,
  parameters: Parameters,
  options: RateOptions,
): Promise<RatedHeads> {
  const { videos, unreadable, views, batch, workers, onUnreadable, signal } = options;
  const { classes, heads: grid } = heads.options;
  const k = Math.min(5, classes);
  const tallies = grid.map(() => new HeadTally(classes));
  const lost = new Map<number, string>();
  let current = -1; // row of the video whose views are being added
  let read = 0;
  const endVideo = () => {
    if (current < 0) return;
    for (const tally of tallies) tally.endVideo(videos[current].label, k);
    read++;
  };
  const size = encoder.model.options.geometry.imageSize;
  const batches = viewBatches({
    videos,
    views,
    batch,
    size,
    processes: workers || undefined,
    signal,
  });
  for await (const { pixels, clips, failed, release } of batches) {
    for (const { row, error } of failed) lost.set(row, error);
    if (clips.length === 0) continue;
    const features = await encoder.features({ pixels, batch: clips.length });
    const scores = tidy(() => heads.scores(parameters, features));
    const values = await scores.data() as Float32Array; // [G, B, classes]
    dispose([features.tokens, features.pooled, features.kept, scores]);
    release();
    clips.forEach(({ row }, b) => {
      if (row !== current) endVideo();
      current = row;
      tallies.forEach((tally, g) => {
        const from = (g * clips.length + b) * classes;
        tally.addView(values.slice(from, from + classes));
      });
    });
  }
  endVideo();
  for (const [row, error] of lost) onUnreadable(videos[row].record.path, error);
  const all = videos.length + unreadable.length;
  return {
    heads: grid.map((head, g) => ({
      ...head,
      top1: tallies[g].top1 / all,
      topK: tallies[g].topK / all,
      loss: tallies[g].loss / read,
    })),
    k,
    videos: all,
  };
}

/** Place of the best head: most often right; of equal ones that with the smallest loss. */
export function bestHead(heads: readonly RatedHead[]): number {
  return heads.reduce((best, { top1, loss }, i) => {
    const { top1: most, loss: least } = heads[best];
    return top1 > most || (top1 === most && loss < least) ? i : best;
  }, 0);
}
