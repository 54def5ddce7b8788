import { setTimeout as delay } from "node:timers/promises";
import type { ClipView } from "../augment/test_views.ts";
import { decodeClips } from "../decode/decode_clips.ts";
import { createBufferPool, releaseOnce } from "./buffer_pool.ts";
import type { LabelledVideo } from "./clip_batch.ts";
import {
  batchesAhead,
  checkLoader,
  type DecodingAheadOptions,
  GROUP_CLIPS,
  openDecodingAhead,
} from "./decoding_ahead.ts";
import type { UnreadableView, ViewBatch } from "./view_batch.ts";
import { layOutViews, readableClips, takeResults } from "./view_layout.ts";

/** Options of {@linkcode viewBatches}. */
export interface ViewBatchesOptions extends DecodingAheadOptions {
  /** The list of videos. */
  videos: readonly LabelledVideo[];
  /** Plans the views of a video, such as `testViews`; T must be the same for all. Called once per video. */
  views: (video: LabelledVideo, row: number) => readonly ClipView[];
  /** Maximum number of clips per batch. */
  batch: number;
  /** S, side of the square frames in pixels. */
  size: number;
}

/**
 * Loads views of videos in batches, for evaluation, validation and features, deterministically in the order
 * of the list and of `views`. Decodes ahead while the caller works; the views of a video share decoding.
 *
 * Views are batched first; those that cannot be decoded are then dropped and reported, so that batches may be
 * smaller, as may the last one. Nothing is replaced. Batches without clips are skipped, except for a final
 * one if failures remain to be reported. Leaving the loop kills ffmpeg and removes its files.
 *
 * @throws {RangeError} immediately, for invalid options
 * @example
 * ```ts
 * import { indexVideos, testViews, viewBatches } from "@videoms/data";
 *
 * const videos = (await indexVideos(Deno.args)).flatMap((entry) =>
 *   "record" in entry ? [{ record: entry.record, label: 0 }] : []
 * );
 * const geometry = { segments: 5, crops: 3, clipFrames: 16, samplingRate: 4, size: 224 };
 * const batches = viewBatches({
 *   videos,
 *   views: ({ record, window }) => testViews({ ...record, window }, geometry),
 *   batch: 12,
 *   size: 224,
 * });
 * for await (const { clips, failed, release } of batches) {
 *   console.log(clips.length, failed);
 *   release();
 * }
 * ```
 */
export function viewBatches(
  options: ViewBatchesOptions,
): AsyncGenerator<ViewBatch, void, void> {
  checkLoader(options);
  return generate(options);
}

async function* generate(options: ViewBatchesOptions): AsyncGenerator<ViewBatch, void, void> {
  const { batch, signal } = options;
  const ahead = batchesAhead(options, Math.max(1, Math.floor(GROUP_CLIPS / batch)));
  const { decoding, track, close } = await openDecodingAhead(options);
  const pool = createBufferPool();
  const layout = layOutViews(options, pool);
  const startUpTo = (clips: number): void => {
    while (layout.planned < clips) {
      const places = layout.next();
      if (places.length === 0) return;
      const work = track(decodeClips(places.map(({ request }) => request), decoding));
      for (const pending of new Set(places.map(({ pending }) => pending))) {
        pending.work.push(work.then((results) => takeResults(pending, places, results)));
        pending.work.at(-1)!.catch(() => {}); // reported when awaited
      }
    }
  };
  let failed: UnreadableView[] = [];
  try {
    for (let step = 0;; step++) {
      signal?.throwIfAborted();
      startUpTo((step + 1 + ahead) * batch);
      const pending = layout.open.shift();
      if (!pending) break;
      const asked = performance.now();
      await Promise.all(pending.work);
      const { pixels, clips, failed: unreadable } = readableClips(pending);
      failed.push(...unreadable);
      const release = releaseOnce(pool, pending.pixels);
      if (clips.length === 0) {
        release();
        continue;
      }
      yield { pixels, clips, failed, waitMs: performance.now() - asked, release };
      failed = [];
      // If clips are ready and the caller computes on the CPU, nothing is awaited, and only a timer lets Deno
      // handle signals.
      await delay(0);
    }
    const nothing = { pixels: new Uint8Array(0), clips: [], waitMs: 0, release() {} };
    if (failed.length > 0) yield { ...nothing, failed };
  } finally {
    await close();
  }
}
