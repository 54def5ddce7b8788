import type { ClipView } from "../augment/test_views.ts";
import type { ClipRequest, DecodedClip } from "../decode/clip_request.ts";
import type { BufferPool } from "./buffer_pool.ts";
import type { LabelledVideo } from "./clip_batch.ts";
import { GROUP_CLIPS } from "./decoding_ahead.ts";
import type { UnreadableView, ViewBatch, ViewedClip } from "./view_batch.ts";

/** A batch of views in progress. */
export interface PendingViews {
  /** Pixels, with room for a full batch. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** Bytes per clip. */
  readonly bytes: number;
  readonly clips: ViewedClip[];
  /** The error of each clip, or null. */
  readonly errors: (string | null)[];
  /** Decoding that fills it. */
  readonly work: Promise<void>[];
}

/** The position of a view in a batch. */
export interface ViewPlace {
  readonly pending: PendingViews;
  readonly place: number;
  readonly request: ClipRequest;
}

/** Options of {@linkcode layOutViews}, as in `ViewBatchesOptions`. */
export interface ViewLayoutOptions {
  videos: readonly LabelledVideo[];
  views: (video: LabelledVideo, row: number) => readonly ClipView[];
  batch: number;
  size: number;
}

/** Result of {@linkcode layOutViews}. */
export interface ViewLayout {
  /** Number of views laid out so far. */
  planned: number;
  /** Batches with assigned views, oldest first; consumers remove them. */
  readonly open: PendingViews[];
  /** Positions of the views of the next few videos; none at the end of the list. */
  next(): ViewPlace[];
}

/**
 * Assigns views to batches, a few videos at a time. The views of a video are decoded together, even if a
 * batch ends between them.
 */
export function layOutViews(
  { videos, views, batch, size }: ViewLayoutOptions,
  pool: BufferPool,
): ViewLayout {
  let row = 0;
  let last: PendingViews | undefined;
  const place = (record: LabelledVideo["record"], view: ClipView): ViewPlace => {
    const { segment, crop, frames, box } = view;
    if (!last || last.clips.length === batch) {
      const bytes = frames.length * size * size * 3;
      last = { pixels: pool.take(batch * bytes), bytes, clips: [], errors: [], work: [] };
      layout.open.push(last);
    }
    const { pixels, bytes, clips, errors } = last;
    const into = pixels.subarray(clips.length * bytes, (clips.length + 1) * bytes);
    clips.push({ row, segment, crop });
    errors.push(null);
    layout.planned++;
    const request = { record, frames, crop: box, size, into };
    return { pending: last, place: clips.length - 1, request };
  };
  const layout: ViewLayout = {
    planned: 0,
    open: [],
    next() {
      const places: ViewPlace[] = [];
      for (; row < videos.length && places.length < GROUP_CLIPS; row++) {
        const { record } = videos[row];
        places.push(...views(videos[row], row).map((view) => place(record, view)));
      }
      return places;
    },
  };
  return layout;
}

/** Records which clips of a batch could not be decoded. */
export function takeResults(
  pending: PendingViews,
  places: readonly ViewPlace[],
  results: readonly DecodedClip[],
): void {
  results.forEach((result, i) => {
    if (places[i].pending !== pending || "pixels" in result) return;
    pending.errors[places[i].place] = result.error;
  });
}

/** Splits a batch into decoded clips, compacted, and failed ones. */
export function readableClips(
  { pixels, bytes, clips, errors }: PendingViews,
): Pick<ViewBatch, "pixels" | "clips" | "failed"> {
  const readable: ViewedClip[] = [];
  const unreadable: UnreadableView[] = [];
  clips.forEach((clip, place) => {
    const error = errors[place];
    if (error !== null) {
      unreadable.push({ ...clip, error });
      return;
    }
    pixels.copyWithin(readable.length * bytes, place * bytes, (place + 1) * bytes);
    readable.push(clip);
  });
  const used = pixels.subarray(0, readable.length * bytes);
  return { pixels: used, clips: readable, failed: unreadable };
}
