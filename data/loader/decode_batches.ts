import { randomStream } from "@videoms/core/plain";
import type { PixelClip } from "../augment/pixel_clip.ts";
import type { EraseBox } from "../augment/random_erasing.ts";
import type { ClipRequest } from "../decode/clip_request.ts";
import { decodeClips, type DecodeClipsOptions } from "../decode/decode_clips.ts";
import { DAMAGE_ADVICE } from "./damage_limit.ts";
import { type BufferPool, releaseOnce } from "./buffer_pool.ts";
import type {
  ClipBatch,
  ClipPlan,
  ClipSets,
  LabelledVideo,
  PlanClip,
  ReplacedClip,
} from "./clip_batch.ts";

/** Consecutive replacements before a loader gives up, as nearly nothing can be decoded. */
const ATTEMPTS = 10;

/** The rows of a batch. */
export interface BatchRows {
  readonly epoch: number;
  readonly step: number;
  /** Position of the batch in the epoch's order. */
  readonly position: number;
  /** Rows of the list, one per clip that is loaded. */
  readonly rows: Int32Array;
  /** How often each video was drawn before: the epoch, where each epoch has every video once. */
  readonly rounds: Int32Array;
  /** Their positions in the batch. */
  readonly places: Int32Array;
  /** Shares of the sets in the whole batch; of a mix alone. */
  readonly shares?: readonly number[];
}

/** Source of the clips of {@linkcode decodeBatches}. */
export interface BatchSource {
  readonly videos: readonly LabelledVideo[];
  readonly plan: PlanClip;
  readonly samples: number;
  readonly seed: number;
  readonly size: number;
  readonly pool: BufferPool;
  readonly decoding: DecodeClipsOptions;
}

/** A batch before delivery. */
export type DecodedBatch = Omit<ClipBatch, "waitMs">;

/** A clip in progress, with all its samples. */
interface PendingClip {
  /** Index in its batch, not counting samples. */
  readonly place: number;
  /** Its row. */
  row: number;
  /** Files drawn for it that could not be decoded. */
  readonly failed: Set<string>;
  /** Its parts of the batch's pixels, one per sample. */
  readonly into: readonly Uint8Array<ArrayBuffer>[];
  /** One per sample. */
  requests: readonly ClipRequest[];
  erase: readonly (EraseBox | null)[];
}

/** A batch in progress. */
interface PendingBatch {
  readonly batch: BatchRows;
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly frames: number;
  readonly clips: readonly PendingClip[];
  readonly replaced: ReplacedClip[];
}

/**
 * Decodes several batches together, so that their clips share ffmpeg processes.
 *
 * A clip depends on (seed, round, row, sample) alone, and a replacement on (seed, epoch, position, attempt,
 * sample) and the files damaged in earlier attempts. So neither grouping of batches nor known damage can
 * change them.
 */
export async function decodeBatches(
  batches: readonly BatchRows[],
  source: BatchSource,
): Promise<DecodedBatch[]> {
  const start = performance.now();
  const unfinished = batches.map((batch) => layOutBatch(batch, source));
  let pending = unfinished.flatMap((owner) => owner.clips.map((clip) => ({ owner, clip })));
  for (let attempt = 1; pending.length > 0; attempt++) {
    const errors = await decodePending(pending.map(({ clip }) => clip), source);
    pending = pending.filter(({ owner, clip }, i) => {
      const error = errors[i];
      if (error !== null) replaceClip(owner, clip, error, attempt, source);
      return error !== null;
    });
  }
  const decodeMs = (performance.now() - start) / batches.length;
  return unfinished.map((batch) => finishedBatch(batch, decodeMs, source));
}

/** Decodes all samples of clips into the batch; returns the error or null per clip. */
async function decodePending(
  clips: readonly PendingClip[],
  { decoding, samples }: BatchSource,
): Promise<(string | null)[]> {
  const results = await decodeClips(clips.flatMap(({ requests }) => requests), decoding);
  return clips.map((_, i) => {
    const failed = results.slice(i * samples, (i + 1) * samples).find((look) => "error" in look);
    return failed ? failed.error : null;
  });
}

/** Plans the clips of a batch and assigns their parts of the pixels. */
function layOutBatch(batch: BatchRows, source: BatchSource): PendingBatch {
  const { plan, videos, samples, seed, size, pool } = source;
  const plans = Array.from(
    batch.rows,
    (row, place) =>
      Array.from({ length: samples }, (_, sample) => {
        const random = randomStream(seed, "clip", batch.rounds[place], row);
        return plan(videos[row], random, sample);
      }),
  );
  const frames = plans[0][0].frames.length;
  const bytes = frames * size * size * 3;
  const pixels = pool.take(batch.rows.length * samples * bytes);
  const clips = plans.map((looks, place): PendingClip => {
    const row = batch.rows[place];
    const into = looks.map((_, sample) => {
      const from = (place * samples + sample) * bytes;
      return pixels.subarray(from, from + bytes);
    });
    return { place, row, failed: new Set(), into, ...requestLooks(videos[row], looks, into, size) };
  });
  return { batch, pixels, frames, clips, replaced: [] };
}

/** The decode requests of a clip's samples. */
function requestLooks(
  { record }: LabelledVideo,
  looks: readonly ClipPlan[],
  into: PendingClip["into"],
  size: number,
): Pick<PendingClip, "requests" | "erase"> {
  return {
    requests: looks.map((look, i): ClipRequest => ({
      record,
      frames: look.frames,
      crop: look.crop,
      size: look.size ?? size,
      finish: look.finish && squareFinish(look.finish, record.path, size),
      into: into[i],
    })),
    erase: looks.map(({ erase = null }) => erase),
  };
}

/** A plan's finish, checked against the batch's shape. */
function squareFinish(
  finish: (clip: PixelClip) => PixelClip,
  path: string,
  size: number,
): (clip: PixelClip) => PixelClip {
  return (clip) => {
    const finished = finish(clip);
    const { frames, height, width } = finished;
    if (frames === clip.frames && height === size && width === size) return finished;
    throw new RangeError(
      `Cannot prepare a clip of ${path}: it must become [${clip.frames}, ${size}, ${size}, 3], got ` +
        `[${frames}, ${height}, ${width}, 3]`,
    );
  };
}

/** Plans a clip of another video, with all its samples, to replace a damaged one. */
function replaceClip(
  { batch, replaced }: PendingBatch,
  clip: PendingClip,
  error: string,
  attempt: number,
  { videos, plan, samples, seed, size }: BatchSource,
): void {
  const { record: { path }, set } = videos[clip.row];
  clip.failed.add(path);
  const fits = (one: LabelledVideo) => one.set === set && !clip.failed.has(one.record.path);
  const isLeft = videos.some(fits);
  if (attempt > ATTEMPTS || !isLeft) {
    throw new Error(
      `Cannot load clips: one of ${clip.failed.size} drawn videos must be readable, got ` +
        `${path}: ${error}; ${DAMAGE_ADVICE}`,
    );
  }
  const looks = Array.from({ length: samples }, (_, sample) => {
    const position = batch.position + batch.places[clip.place];
    const random = randomStream(seed, "replacement", batch.epoch, position, attempt);
    do clip.row = random.integer(videos.length); // the same row for every sample
     while (!fits(videos[clip.row]));
    return plan(videos[clip.row], random, sample);
  });
  const by = videos[clip.row];
  const { requests, erase } = requestLooks(by, looks, clip.into, size);
  clip.requests = requests;
  clip.erase = erase;
  replaced.push({ path, error, position: clip.place * samples, by: by.record.path });
}

/** Completes a batch whose clips are all decoded. */
function finishedBatch(
  { batch, pixels, frames, clips, replaced }: PendingBatch,
  decodeMs: number,
  { videos, samples, size, pool }: BatchSource,
): DecodedBatch {
  const rows = clips.flatMap(({ row }) => Array<number>(samples).fill(row));
  return {
    pixels,
    shape: [rows.length, frames, size, size, 3],
    indices: Int32Array.from(rows),
    places: Int32Array.from(
      rows,
      (_, i) => batch.places[Math.floor(i / samples)] * samples + i % samples,
    ),
    labels: Int32Array.from(rows, (row) => videos[row].label),
    ...videos[0].targets
      ? { targets: Float64Array.from(rows.flatMap((row) => [...videos[row].targets!])) }
      : {},
    erase: clips.flatMap(({ erase }) => erase),
    ...batch.shares ? { sets: setsOfRows(videos, rows, batch.shares) } : {},
    epoch: batch.epoch,
    step: batch.step,
    replaced,
    decodeMs,
    release: releaseOnce(pool, pixels),
  };
}

/** The sets of clips, in the order of the shares: that in which the list has them. */
function setsOfRows(
  videos: readonly LabelledVideo[],
  rows: readonly number[],
  shares: readonly number[],
): ClipSets {
  const sets = [...new Set(videos.map(({ set }) => set!))];
  return {
    names: sets.map(({ name }) => name),
    of: Int32Array.from(rows, (row) => sets.indexOf(videos[row].set!)),
    shares,
  };
}
