import { clipsPerProcess } from "../decode/clip_groups.ts";
import type { DecodeClipsOptions } from "../decode/decode_clips.ts";
import type { GroupTimes } from "../decode/decode_group.ts";
import { createKnownDamage } from "../decode/known_damage.ts";
import { type Ffmpeg, findFfmpeg } from "../process/find_ffmpeg.ts";
import { createLimiter } from "../process/limiter.ts";

/** Minimum number of clips decoded together; a process per few clips is mostly start-up. */
export const GROUP_CLIPS = 24;

/** Maximum number of processes that the default of `prefetch` keeps busy, to limit memory. */
const BUSY_PROCESSES = 8;

/** Options of decoding ahead. */
export interface DecodingAheadOptions {
  /**
   * Batches decoded ahead of the one in use; more if small clips are decoded together.
   *
   * @default enough to keep all cores busy, up to eight
   */
  prefetch?: number;
  /** Concurrent ffmpeg processes. @default the number of processor cores */
  processes?: number;
  /** ffmpeg. @default found by {@linkcode findFfmpeg} */
  tools?: Ffmpeg;
  /** Folder for temporary files of decoded pixels. @default as for `decodeClips` */
  scratch?: string;
  /** As for `decodeClips`. */
  onGroup?: (times: GroupTimes) => void;
  /** Stops the loader: ffmpeg is killed and the iterator throws the signal's reason. */
  signal?: AbortSignal;
}

/** Decoding in progress. */
export interface DecodingAhead {
  /** For `decodeClips`. */
  readonly decoding: DecodeClipsOptions;
  /** Tracks work until it is done; whoever awaits it gets its errors. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Kills remaining work and waits for its end. */
  close(): Promise<void>;
}

/** Prepares decoding; {@linkcode DecodingAhead.close} must be called at the end. */
export async function openDecodingAhead(options: DecodingAheadOptions): Promise<DecodingAhead> {
  const { processes = navigator.hardwareConcurrency, scratch, onGroup } = options;
  const closing = new AbortController();
  const signal = AbortSignal.any([closing.signal, ...(options.signal ? [options.signal] : [])]);
  const tools = options.tools ?? await findFfmpeg();
  const underWay = new Set<Promise<unknown>>();
  return {
    decoding: {
      processes: createLimiter(processes),
      damage: createKnownDamage(),
      ...{ tools, scratch, onGroup, signal },
    },
    track(work) {
      underWay.add(work);
      const forget = () => underWay.delete(work);
      work.then(forget, forget);
      return work;
    },
    async close() {
      closing.abort();
      await Promise.allSettled(underWay);
    },
  };
}

/**
 * Number of batches to decode ahead if `together` are decoded together: at least two groups beyond the one in
 * use, so that a slow one does not make the caller wait.
 */
export function batchesAhead(
  { prefetch, processes }: DecodingAheadOptions,
  together: number,
): number {
  const busy = Math.min(processes ?? navigator.hardwareConcurrency, BUSY_PROCESSES);
  return Math.max(2 * together, prefetch ?? together * busy);
}

/** Number of batches worth the start of a process, given the size of clips. */
export function batchesTogether(batch: number, clipBytes: number): number {
  return Math.max(1, Math.floor(clipsPerProcess(clipBytes) / batch));
}

/**
 * Checks the options common to all loaders.
 *
 * @throws {RangeError} if one is invalid
 */
export function checkLoader(
  options: DecodingAheadOptions & { batch: number; size: number },
): void {
  requireWhole("batch", options.batch, 1);
  requireWhole("size", options.size, 1);
  requireWhole("processes", options.processes ?? 1, 1);
  requireWhole("prefetch", options.prefetch ?? 0, 0);
}

/** @throws {RangeError} unless an option is a whole number from `least` */
export function requireWhole(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(
      `Cannot load clips: ${name} must be a whole number from ${least}, got ${value}`,
    );
  }
}
