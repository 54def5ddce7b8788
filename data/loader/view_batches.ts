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

/** What {@linkcode viewBatches} is told. */
export interface ViewBatchesOptions extends DecodingAheadOptions {
  /** The list of videos. */
  videos: readonly LabelledVideo[];
  /** The views of a video, such as `testViews`; T must be the same for all. Called once per video. */
  views: (video: LabelledVideo, row: number) => readonly ClipView[];
  /** Clips of a batch at most. */
  batch: number;
  /** S, side of the square frames in pixels. */
  size: number;
}

/**
 * Views of videos in batches, for evaluation, validation and features: in the order of the list, then as
 * `views` gives them, without chance. Decodes ahead while the caller works; the views of a video share
 * one decoding.
 *
 * Views are cut into batches first; those that cannot be decoded are then left out and said so, so that
 * a batch may be smaller, as the last one may be. Nothing is replaced. A batch that would hold no clip is
 * not given; only if failures are left to tell at the end does an empty one tell them. Leaving the
 * loop kills ffmpeg and removes its files.
 *
 * @throws {RangeError} at once, for options that cannot work
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
      // Where clips are ready and the caller computes on the CPU, nothing is waited for. Only a timer lets
      // Deno look for signals then.
      await delay(0);
    }
    const nothing = { pixels: new Uint8Array(0), clips: [], waitMs: 0, release() {} };
    if (failed.length > 0) yield { ...nothing, failed };
  } finally {
    await close();
  }
}
