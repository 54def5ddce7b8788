import { randomStream } from "@videoms/core/plain";
import { type BufferPool, createBufferPool } from "./buffer_pool.ts";
import type { ClipBatch, LabelledVideo, PlanClip } from "./clip_batch.ts";
import { type DamageBefore, damageLimit } from "./damage_limit.ts";
import { type BatchRows, decodeBatches, type DecodedBatch } from "./decode_batches.ts";
import {
  batchesAhead,
  batchesTogether,
  checkLoader,
  type DecodingAheadOptions,
  openDecodingAhead,
  requireWhole,
} from "./decoding_ahead.ts";
import { mixedOrder, type StepRows } from "./mixed_order.ts";
import { epochOrder, type SampleOrder, stepsPerEpoch } from "./sample_order.ts";

/** Options of {@linkcode clipBatches}. */
export interface ClipBatchesOptions extends DecodingAheadOptions {
  /** The list of videos. */
  videos: readonly LabelledVideo[];
  /** Clips per batch, each of a different video unless the videos are a mix of small sets. */
  batch: number;
  /**
   * Samples per clip (repeated augmentation), which share its frames and decoding: B = batch · samples.
   *
   * @default 1
   */
  samples?: number;
  /** Side of the square frames in pixels, H = W. */
  size: number;
  /** Chooses frames, crop and augmentation of a clip; T must be the same for all clips. */
  plan: PlanClip;
  /** Seed of order, clips and replacements. */
  seed: number;
  /** Order of an epoch. @default "shuffled" */
  order?: SampleOrder;
  /** Epoch to start in. @default 0 */
  epoch?: number;
  /** Step of that epoch to start at. @default 0 */
  step?: number;
  /** Epoch to stop before. @default never */
  endEpoch?: number;
  /** Positions in a batch of the clips to load, without samples; the others are those of other ranks. @default all */
  places?: readonly number[];
  /** Number of batches; nothing beyond them is decoded. @default never */
  count?: number;
  /**
   * The loader fails if more than this share of the clips so far was damaged, in more than this share of the
   * files; unless it is 0, one file is always allowed.
   *
   * @default 0.01
   */
  maxReplaced?: number;
  /** Damage seen by an earlier process of the run. @default nothing */
  before?: DamageBefore;
  /** Memory pool for batches. @default its own */
  pool?: BufferPool;
}

/**
 * Loads batches of clips, epoch after epoch, decoding ahead while the caller works.
 *
 * Every batch is a pure function of (seed, epoch, step): neither the number of processes, nor prefetching,
 * nor the start position changes it. Videos of a mix have a set each; clips are then drawn by the shares of the sets.
 * A clip that cannot be decoded is replaced, with all its samples, by one of a randomly drawn video, of its set, and
 * reported in the batch; known damage is not decoded again, which changes
 * nothing else. Leaving the loop kills ffmpeg and removes its files.
 *
 * @throws {RangeError} immediately, for invalid options
 * @throws {Error} from the iterator, if too many clips are damaged; lists the files
 * @example
 * ```ts
 * import { clipBatches, indexVideos, multiScaleCrop, type PlanClip } from "@videoms/data";
 *
 * const videos = (await indexVideos(Deno.args)).flatMap((entry) =>
 *   "record" in entry ? [{ record: entry.record, label: 0 }] : []
 * );
 * if (videos.length >= 8) {
 *   const plan: PlanClip = (video, random) => ({
 *     frames: Int32Array.from({ length: 16 }, (_, i) => Math.min(i * 4, video.record.frames - 1)),
 *     crop: multiScaleCrop(video.record, 224, random),
 *   });
 *   for await (const batch of clipBatches({ videos, batch: 8, size: 224, plan, seed: 0, endEpoch: 1 })) {
 *     console.log(batch.shape, batch.waitMs);
 *     batch.release();
 *   }
 * }
 * ```
 */
export function clipBatches(options: ClipBatchesOptions): AsyncGenerator<ClipBatch, void, void> {
  const { videos, batch, order = "shuffled", samples = 1 } = options;
  const { epoch = 0, step = 0, endEpoch = Infinity, maxReplaced = 0.01 } = options;
  const { count = Infinity } = options;
  const steps = stepsPerEpoch(videos.length, batch, order);
  checkLoader(options);
  requireWhole("samples", samples, 1);
  requireWhole("epoch", epoch, 0);
  requireWhole("step", step, 0);
  if (step >= steps) {
    throw new RangeError(
      `Cannot load clips: step must be below the ${steps} steps of an epoch, got ${step}`,
    );
  }
  if (!(maxReplaced >= 0 && maxReplaced <= 1)) {
    throw new RangeError(`Cannot load clips: maxReplaced must be 0 to 1, got ${maxReplaced}`);
  }
  // Every clip has the same number of frames as the first.
  const { frames } = options.plan(videos[0], randomStream(options.seed, "clip", 0, 0), 0);
  const clips = (options.places?.length ?? batch) * samples;
  const together = batchesTogether(clips, frames.length * options.size ** 2 * 3);
  return generate(options, {
    rowsOf: batchRows(options, steps),
    first: epoch * steps + step,
    end: Math.min(endEpoch * steps, epoch * steps + step + count),
    joined: together,
    ahead: batchesAhead(options, together),
    watch: damageLimit({ videos, maxReplaced, samples, before: options.before }),
  });
}

/** The plan of the generator; steps are counted across epochs. */
interface Schedule {
  rowsOf: (step: number) => BatchRows;
  first: number;
  end: number;
  /** Batches decoded together. */
  joined: number;
  /** Batches decoded ahead. */
  ahead: number;
  watch: (batch: DecodedBatch) => void;
}

async function* generate(
  options: ClipBatchesOptions,
  { rowsOf, first, end, joined, ahead, watch }: Schedule,
): AsyncGenerator<ClipBatch, void, void> {
  const { samples = 1, pool = createBufferPool(), signal } = options;
  const { decoding, track, close } = await openDecodingAhead(options);
  const source = { ...options, samples, pool, decoding };
  const started: Promise<DecodedBatch>[] = []; // batches from the current one
  let next = first;
  const startUpTo = (last: number): void => {
    while (next <= last && next < end) {
      const count = Math.min(joined, end - next);
      const rows = Array.from({ length: count }, (_, i) => rowsOf(next + i));
      const together = decodeBatches(rows, source);
      for (let i = 0; i < count; i++) started.push(track(together.then((batches) => batches[i])));
      next += count;
    }
  };
  try {
    for (let step = first; step < end; step++) {
      signal?.throwIfAborted();
      startUpTo(step + ahead);
      const asked = performance.now();
      const batch = await started[0];
      started.shift();
      watch(batch);
      yield { ...batch, waitMs: performance.now() - asked };
    }
  } finally {
    await close();
  }
}

/** The clips of a step of one list, which are drawn epoch by epoch; caches the order of the last one. */
function listOrder(
  { videos, batch, seed, order = "shuffled" }: ClipBatchesOptions,
  steps: number,
): (step: number) => StepRows {
  let known: { epoch: number; rows: Int32Array } = { epoch: -1, rows: new Int32Array(0) };
  return (globalStep) => {
    const epoch = Math.floor(globalStep / steps);
    if (known.epoch !== epoch) {
      known = { epoch, rows: epochOrder(videos.length, order, seed, epoch) };
    }
    const position = globalStep % steps * batch;
    const rows = known.rows.subarray(position, position + batch);
    return { rows, rounds: new Int32Array(rows.length).fill(epoch) };
  };
}

/** The rows of a step's batch. */
function batchRows(options: ClipBatchesOptions, steps: number): Schedule["rowsOf"] {
  const { videos, batch, seed, order = "shuffled", places: given } = options;
  const isMix = order === "shuffled" && videos.every(({ set }) => set);
  const drawn = isMix ? mixedOrder(videos, batch, seed) : listOrder(options, steps);
  return (globalStep) => {
    const step = globalStep % steps;
    const { rows, rounds, shares } = drawn(globalStep);
    const places = Int32Array.from(given ?? rows.keys());
    return {
      epoch: Math.floor(globalStep / steps),
      step,
      position: step * batch,
      rows: places.map((place) => rows[place]),
      rounds: places.map((place) => rounds[place]),
      places,
      shares,
    };
  };
}
