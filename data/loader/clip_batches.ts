import { type Ffmpeg, findFfmpeg } from "../process/find_ffmpeg.ts";
import { createLimiter } from "../process/limiter.ts";
import { createBufferPool } from "./buffer_pool.ts";
import type { ClipBatch, LabelledVideo, PlanClip, ReplacedClip } from "./clip_batch.ts";
import { type BatchRows, decodeBatches, type DecodedBatch } from "./decode_batches.ts";
import { epochOrder, type SampleOrder, stepsPerEpoch } from "./sample_order.ts";

/** Clips that small batches are joined to for decoding; a process per few clips is mostly start-up. */
const GROUP_CLIPS = 24;

/** Processes that the default of `prefetch` keeps busy at most, for the sake of memory. */
const BUSY_PROCESSES = 8;

/** What {@linkcode clipBatches} is told. */
export interface ClipBatchesOptions {
  /** The list of videos. */
  videos: readonly LabelledVideo[];
  /** Clips of a batch, B. */
  batch: number;
  /** Side of the square frames in pixels, H = W. */
  size: number;
  /** Chooses frames and crop of a clip; T must be the same for all clips. */
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
  /**
   * Batches that are decoded ahead of the one in use.
   *
   * @default enough to keep all cores busy, up to eight
   */
  prefetch?: number;
  /** ffmpeg processes at a time. @default the number of processor cores */
  processes?: number;
  /**
   * Share of damaged clips, of those seen, that is replaced before the loader gives up; unless it is
   * 0, one is always allowed.
   *
   * @default 0.01
   */
  maxReplaced?: number;
  /** ffmpeg. @default as {@linkcode findFfmpeg} finds it */
  tools?: Ffmpeg;
  /** Folder for decoded pixels on their way. @default as for {@linkcode decodeClips} */
  scratch?: string;
  /** Stops the loader: ffmpeg is killed and the iterator throws the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Batches of decoded clips, epoch after epoch, decoded ahead while the caller works.
 *
 * Every batch is a pure function of (seed, epoch, step): neither the number of processes, nor
 * prefetching, nor the place to start from changes it. A clip that cannot be decoded is replaced by
 * one of a video drawn by chance, and said so in the batch. Leaving the loop kills ffmpeg and removes
 * its files.
 *
 * @throws {RangeError} at once, for options that cannot work
 * @throws {Error} from the iterator, if too many clips are damaged; names the files
 * @example
 * ```ts
 * import { clipBatches, indexVideos, multiScaleCrop, type PlanClip } from "@videoms/data";
 *
 * const videos = (await indexVideos(Deno.args)).flatMap((entry) =>
 *   "record" in entry ? [{ record: entry.record, label: 0 }] : []
 * );
 * if (videos.length >= 8) {
 *   const plan: PlanClip = (video, random) => ({
 *     frames: Int32Array.from({ length: 16 }, (_, i) => Math.min(i * 4, video.frames - 1)),
 *     crop: multiScaleCrop(video, 224, random),
 *   });
 *   for await (const batch of clipBatches({ videos, batch: 8, size: 224, plan, seed: 0, endEpoch: 1 })) {
 *     console.log(batch.shape, batch.waitMs);
 *     batch.release();
 *   }
 * }
 * ```
 */
export function clipBatches(options: ClipBatchesOptions): AsyncGenerator<ClipBatch, void, void> {
  const { videos, batch, order = "shuffled", size } = options;
  const { epoch = 0, step = 0, endEpoch = Infinity, maxReplaced = 0.01 } = options;
  const { processes = navigator.hardwareConcurrency, prefetch } = options;
  const steps = stepsPerEpoch(videos.length, batch, order);
  requireWhole("size", size, 1);
  requireWhole("epoch", epoch, 0);
  requireWhole("step", step, 0);
  requireWhole("processes", processes, 1);
  requireWhole("prefetch", prefetch ?? 0, 0);
  if (step >= steps) {
    throw new RangeError(
      `Cannot load clips: step must be below the ${steps} steps of an epoch, got ${step}`,
    );
  }
  if (!(maxReplaced >= 0 && maxReplaced <= 1)) {
    throw new RangeError(`Cannot load clips: maxReplaced must be 0 to 1, got ${maxReplaced}`);
  }
  const joined = Math.max(1, Math.floor(GROUP_CLIPS / batch));
  return generate(options, {
    rowsOf: batchRows(options, steps),
    first: epoch * steps + step,
    end: endEpoch * steps,
    joined,
    ahead: prefetch ?? joined * Math.min(processes, BUSY_PROCESSES),
    processes,
    watch: damageWatch(maxReplaced),
  });
}

function requireWhole(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(
      `Cannot load clips: ${name} must be a whole number from ${least}, got ${value}`,
    );
  }
}

/** What the generator follows; steps are counted through all epochs. */
interface Schedule {
  rowsOf: (step: number) => BatchRows;
  first: number;
  end: number;
  /** Batches decoded together. */
  joined: number;
  /** Batches decoded ahead. */
  ahead: number;
  processes: number;
  watch: (batch: DecodedBatch) => void;
}

async function* generate(
  options: ClipBatchesOptions,
  { rowsOf, first, end, joined, ahead, processes, watch }: Schedule,
): AsyncGenerator<ClipBatch, void, void> {
  const closing = new AbortController();
  const signal = AbortSignal.any([closing.signal, ...(options.signal ? [options.signal] : [])]);
  const source = {
    ...options,
    pool: createBufferPool(),
    decoding: {
      processes: createLimiter(processes),
      tools: options.tools ?? await findFfmpeg(),
      scratch: options.scratch,
      signal,
    },
  };
  const started: Promise<DecodedBatch>[] = []; // batches from the current one on
  let next = first;
  const startUpTo = (last: number): void => {
    while (next <= last && next < end) {
      const count = Math.min(joined, end - next);
      const rows = Array.from({ length: count }, (_, i) => rowsOf(next + i));
      const together = decodeBatches(rows, source);
      for (let i = 0; i < count; i++) started.push(together.then((batches) => batches[i]));
      started.slice(-count).forEach((promise) => promise.catch(() => {})); // reported when awaited
      next += count;
    }
  };
  try {
    for (let step = first; step < end; step++) {
      options.signal?.throwIfAborted();
      startUpTo(step + ahead);
      const asked = performance.now();
      const batch = await started[0];
      started.shift();
      watch(batch);
      yield { ...batch, waitMs: performance.now() - asked };
    }
  } finally {
    closing.abort();
    await Promise.allSettled(started);
  }
}

/** Which rows make the batch of a step; remembers the order of the last epoch asked for. */
function batchRows(options: ClipBatchesOptions, steps: number): Schedule["rowsOf"] {
  const { videos, batch, seed, order = "shuffled" } = options;
  let known: { epoch: number; rows: Int32Array } = { epoch: -1, rows: new Int32Array(0) };
  return (globalStep) => {
    const epoch = Math.floor(globalStep / steps);
    const step = globalStep % steps;
    if (known.epoch !== epoch) {
      known = { epoch, rows: epochOrder(videos.length, order, seed, epoch) };
    }
    const position = step * batch;
    return { epoch, step, position, rows: known.rows.subarray(position, position + batch) };
  };
}

/** Counts damaged clips in the order of delivery and throws when they are too many. */
function damageWatch(maxReplaced: number): Schedule["watch"] {
  const damaged: ReplacedClip[] = [];
  let seen = 0;
  return (batch) => {
    seen += batch.indices.length;
    damaged.push(...batch.replaced);
    const allowed = maxReplaced === 0 ? 0 : Math.max(1, maxReplaced * seen);
    if (damaged.length <= allowed) return;
    const files = [...new Map(damaged.map(({ path, error }) => [path, error]))];
    const named = files.slice(0, 10).map(([path, error]) => `${path} (${error})`).join(", ");
    throw new Error(
      `Cannot load clips: at most ${maxReplaced * 100} % of the clips may be damaged, got ` +
        `${damaged.length} of ${seen}: ${named}`,
    );
  };
}
