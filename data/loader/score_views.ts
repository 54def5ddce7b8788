import { type Communicator, gatherValues, joinRows } from "@videoms/core";
import type { RawClips } from "./clip_batch.ts";
import { partBounds } from "./part_bounds.ts";
import type { ViewBatch, ViewedClip } from "./view_batch.ts";
import { viewBatches, type ViewBatchesOptions } from "./view_batches.ts";

/** Views of a batch, and what was made of them. */
export interface ScoredViews<Scores> extends Pick<ViewBatch, "clips" | "failed" | "waitMs"> {
  /** Of the clips, in their order; null where there are none. */
  readonly scores: Scores | null;
}

/**
 * Decodes views of videos and scores them, in the order of the list: the one loop of whatever looks at videos
 * without training on them.
 *
 * @param score is given pixels that are overwritten once the next batch is asked for, and the views that they show
 */
export async function* scoreViews<Scores>(
  options: ViewBatchesOptions,
  score: (clips: RawClips, views: readonly ViewedClip[]) => Promise<Scores>,
): AsyncGenerator<ScoredViews<Scores>, void, void> {
  for await (const { pixels, clips, failed, waitMs, release } of viewBatches(options)) {
    const scores = clips.length > 0 ? await score({ pixels, batch: clips.length }, clips) : null;
    yield { clips, failed, waitMs, scores };
    release();
  }
}

/** The ranks that share out the views of videos. */
export interface SharedScoring {
  /** Each calls {@linkcode scoreViewsOnRanks} with the same videos. */
  readonly ranks: Communicator;
  /** Views of every video. */
  readonly viewsPerVideo: number;
}

/** Batches that each rank scores before all have what was scored, at least: so much is lost at a stop. */
const ROUND = 64;

/**
 * Scores views as {@linkcode scoreViews} does, each rank whole batches of the list in rounds, and gives all of them on
 * every rank, with the bits and in the order of one process.
 *
 * @param score float32 scores of clips, of any shape
 * @throws {Error} an AbortError on all ranks where one was told to stop
 */
export async function* scoreViewsOnRanks(
  shared: SharedScoring,
  options: ViewBatchesOptions,
  score: (clips: RawClips, views: readonly ViewedClip[]) => Promise<Float32Array>,
): AsyncGenerator<ScoredViews<Float32Array>, void, void> {
  const { ranks: { size }, viewsPerVideo } = shared;
  if (size === 1) return yield* scoreViews(options, score);
  const { videos, batch } = options;
  const inRound = size * batch * Math.ceil(ROUND / viewsPerVideo);
  for (let first = 0; first < videos.length; first += inRound) {
    const placed = placedBy(first);
    const round = scoreRound(shared, partOf(options, first, first + inRound), (clips, views) => {
      return score(clips, views.map(placed));
    });
    for await (const { clips, failed, ...more } of round) {
      yield { ...more, clips: clips.map(placed), failed: failed.map(placed) };
    }
  }
}

/** The views of some videos of a list. */
function partOf(options: ViewBatchesOptions, first: number, end: number): ViewBatchesOptions {
  return {
    ...options,
    videos: options.videos.slice(first, end),
    views: (video, index) => options.views(video, first + index),
  };
}

async function* scoreRound(
  { ranks, viewsPerVideo }: SharedScoring,
  options: ViewBatchesOptions,
  score: (clips: RawClips, views: readonly ViewedClip[]) => Promise<Float32Array>,
): AsyncGenerator<ScoredViews<Float32Array>, void, void> {
  const { videos, batch, signal } = options;
  const bounds = partBounds(videos.length, ranks.size, { views: viewsPerVideo, batch });
  const [first, end] = [bounds[ranks.rank], bounds[ranks.rank + 1]];
  const own: ScoredViews<Float32Array>[] = [];
  let isStopped = false;
  try {
    if (end > first) {
      const mine = scoreViews(partOf(options, first, end), (clips, views) => {
        return score(clips, views.map(placedBy(first)));
      });
      for await (const one of mine) own.push({ ...one, scores: one.scores?.slice() ?? null });
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
    isStopped = true;
  }
  if ((await gatherValues(ranks, isStopped)).includes(true)) {
    throw isStopped
      ? signal!.reason
      : new DOMException("Another rank was told to stop", "AbortError");
  }
  const notes = await gatherValues(
    ranks,
    own.map(({ scores, ...one }) => ({ ...one, values: scores?.length ?? 0 })),
  );
  const joined = joinRows(Float32Array, own.flatMap(({ scores }) => scores ? [scores] : []));
  const gathered = await ranks.gather(new Uint8Array(joined.buffer));
  for (const [rank, batches] of notes.entries()) {
    const all = new Float32Array(gathered[rank].slice().buffer);
    const placed = placedBy(bounds[rank]);
    let at = 0;
    for (const { clips, failed, waitMs, values } of batches) {
      const scores = values > 0 ? all.subarray(at, at += values) : null;
      yield { clips: clips.map(placed), failed: failed.map(placed), waitMs, scores };
    }
  }
}

/** Gives views of a part of a list their rows in all of it. */
function placedBy(first: number) {
  return <View extends { readonly row: number }>(view: View): View => ({
    ...view,
    row: first + view.row,
  });
}
