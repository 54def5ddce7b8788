import { randomStream } from "@videoms/core";
import type { ClipRequest } from "../decode/clip_request.ts";
import { decodeClips, type DecodeClipsOptions } from "../decode/decode_clips.ts";
import type { BufferPool } from "./buffer_pool.ts";
import type { ClipBatch, LabelledVideo, PlanClip, ReplacedClip } from "./clip_batch.ts";

/** Replacements in a row before a loader gives up: then nearly nothing can be decoded. */
const ATTEMPTS = 10;

/** Which rows of the list make a batch. */
export interface BatchRows {
  readonly epoch: number;
  readonly step: number;
  /** Place of the first clip in the order of the epoch. */
  readonly position: number;
  /** Rows of the list, B of them. */
  readonly rows: Int32Array;
}

/** What {@linkcode decodeBatches} draws clips from. */
export interface BatchSource {
  readonly videos: readonly LabelledVideo[];
  readonly plan: PlanClip;
  readonly seed: number;
  readonly size: number;
  readonly pool: BufferPool;
  readonly decoding: DecodeClipsOptions;
}

/** A batch before it is handed out. */
export type DecodedBatch = Omit<ClipBatch, "waitMs">;

/** A clip of a batch on its way. */
interface PendingClip {
  readonly batch: BatchRows;
  /** Place in its batch. */
  readonly place: number;
  readonly into: Uint8Array<ArrayBuffer>;
  request: ClipRequest;
}

/**
 * Decodes a few batches together, so that their clips share ffmpeg processes.
 *
 * What a clip shows depends on (seed, epoch, row) alone; what replaces a damaged clip on (seed, epoch,
 * position, attempt). So the way in which batches are decoded together cannot change them.
 */
export async function decodeBatches(
  batches: readonly BatchRows[],
  source: BatchSource,
): Promise<DecodedBatch[]> {
  const { videos, pool } = source;
  const start = performance.now();
  const unfinished = batches.map((batch) => layOutBatch(batch, source));
  let pending = unfinished.flatMap(({ clips }) => clips);
  for (let attempt = 1; pending.length > 0; attempt++) {
    const results = await decodeClips(pending.map(({ request }) => request), source.decoding);
    const failed: PendingClip[] = [];
    results.forEach((result, i) => {
      if ("pixels" in result) return;
      const clip = pending[i];
      const owner = unfinished[batches.indexOf(clip.batch)];
      const damaged = videos[owner.indices[clip.place]].record.path;
      if (attempt > ATTEMPTS) {
        throw new Error(
          `Cannot replace a damaged clip: one of ${ATTEMPTS} drawn videos must be sound, got ` +
            `${damaged}: ${result.error}`,
        );
      }
      const row = replaceClip(clip, attempt, source);
      owner.indices[clip.place] = row;
      owner.replaced.push({
        path: damaged,
        error: result.error,
        position: clip.place,
        by: videos[row].record.path,
      });
      failed.push(clip);
    });
    pending = failed;
  }
  const decodeMs = (performance.now() - start) / batches.length;
  return unfinished.map(({ pixels, indices, replaced, shape }, i) => ({
    pixels,
    shape,
    indices,
    labels: Int32Array.from(indices, (row) => videos[row].label),
    epoch: batches[i].epoch,
    step: batches[i].step,
    replaced,
    decodeMs,
    release: releaseOnce(pool, pixels),
  }));
}

/** Plans the clips of a batch and gives each its part of the pixels. */
function layOutBatch(batch: BatchRows, source: BatchSource) {
  const { videos, plan, seed, size, pool } = source;
  const plans = Array.from(batch.rows, (row) => {
    const { record } = videos[row];
    return { record, ...plan(record, randomStream(seed, "clip", batch.epoch, row)) };
  });
  const frames = plans[0].frames.length;
  const clipBytes = frames * size * size * 3;
  const pixels = pool.take(plans.length * clipBytes);
  const clips = plans.map((planned, place): PendingClip => {
    const into = pixels.subarray(place * clipBytes, (place + 1) * clipBytes);
    return { batch, place, into, request: { ...planned, size, into } };
  });
  const shape: ClipBatch["shape"] = [plans.length, frames, size, size, 3];
  const replaced: ReplacedClip[] = [];
  return { pixels, indices: Int32Array.from(batch.rows), replaced, shape, clips };
}

/** Plans a clip of another video for the place of a damaged one; gives the row of that video. */
function replaceClip(clip: PendingClip, attempt: number, source: BatchSource): number {
  const { videos, plan, seed, size } = source;
  const { epoch, position } = clip.batch;
  const random = randomStream(seed, "replacement", epoch, position + clip.place, attempt);
  const row = random.integer(videos.length);
  const { record } = videos[row];
  clip.request = { record, ...plan(record, random), size, into: clip.into };
  return row;
}

function releaseOnce(pool: BufferPool, pixels: Uint8Array<ArrayBuffer>): () => void {
  let held = true;
  return () => {
    if (held) pool.give(pixels);
    held = false;
  };
}
