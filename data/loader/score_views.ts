import type { RawClips } from "./clip_batch.ts";
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
