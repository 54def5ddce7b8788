import { clipsPerProcess } from "../decode/clip_groups.ts";
import type { DecodeClipsOptions } from "../decode/decode_clips.ts";
import type { GroupTimes } from "../decode/decode_group.ts";
import { createKnownDamage } from "../decode/known_damage.ts";
import { type Ffmpeg, findFfmpeg } from "../process/find_ffmpeg.ts";
import { createLimiter } from "../process/limiter.ts";

/** Clips that are decoded together at least; a process per few clips is mostly start-up. */
export const GROUP_CLIPS = 24;

/** Processes that the default of `prefetch` keeps busy at most, for the sake of memory. */
const BUSY_PROCESSES = 8;

/** How a loader decodes while its batches are in use. */
export interface DecodingAheadOptions {
  /**
   * Batches that are decoded ahead of the one in use; more where small clips are decoded together.
   *
   * @default enough to keep all cores busy, up to eight
   */
  prefetch?: number;
  /** ffmpeg processes at a time. @default the number of processor cores */
  processes?: number;
  /** ffmpeg. @default as {@linkcode findFfmpeg} finds it */
  tools?: Ffmpeg;
  /** Folder for decoded pixels on their way. @default as for `decodeClips` */
  scratch?: string;
  /** As for `decodeClips`. */
  onGroup?: (times: GroupTimes) => void;
  /** Stops the loader: ffmpeg is killed and the iterator throws the signal's reason. */
  signal?: AbortSignal;
}

/** Decoding that a loader has under way. */
export interface DecodingAhead {
  /** For `decodeClips`. */
  readonly decoding: DecodeClipsOptions;
  /** Keeps hold of work until it is done; its failure is reported to whoever awaits it. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Kills what is still under way and waits until it is gone. */
  close(): Promise<void>;
}

/** Starts nothing yet; {@linkcode DecodingAhead.close} must be called in the end. */
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
 * Batches that the options tell to decode ahead, where `together` are decoded together: at least two
 * groups of batches beyond the one in use, so that a slow one does not make the caller wait.
 */
export function batchesAhead(
  { prefetch, processes }: DecodingAheadOptions,
  together: number,
): number {
  const busy = Math.min(processes ?? navigator.hardwareConcurrency, BUSY_PROCESSES);
  return Math.max(2 * together, prefetch ?? together * busy);
}

/** Batches of `batch` clips of so many bytes that make up for the start of a process. */
export function batchesTogether(batch: number, clipBytes: number): number {
  return Math.max(1, Math.floor(clipsPerProcess(clipBytes) / batch));
}

/**
 * Checks the numbers that every loader is told.
 *
 * @throws {RangeError} if one cannot work
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
