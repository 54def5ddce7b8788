import { resolve } from "node:path";
import { type Ffmpeg, findFfmpeg } from "../process/find_ffmpeg.ts";
import { createLimiter } from "../process/limiter.ts";
import { type CacheOptions, isCurrent, openIndexCache } from "./index_cache.ts";
import { type FileStamp, probeVideo } from "./probe_video.ts";
import type { IndexEntry } from "./video_record.ts";

/** How far {@linkcode indexVideos} is. */
export interface IndexProgress {
  /** Distinct files looked up so far. */
  done: number;
  /** Distinct files in all. */
  total: number;
  /** Files of `done` that ffprobe had to look into, the rest came from the cache. */
  probed: number;
}

/** How {@linkcode indexVideos} works. */
export interface IndexVideosOptions extends CacheOptions {
  /** Probes at a time. @default the number of processor cores */
  concurrency?: number;
  /** ffmpeg and ffprobe. @default as {@linkcode findFfmpeg} finds them */
  tools?: Ffmpeg;
  /** Called after each file. */
  onProgress?: (progress: IndexProgress) => void;
  /** Stops the work; what was found by then is kept in the cache. */
  signal?: AbortSignal;
}

/**
 * Finds out size, frame count, frame times and codec of video files.
 *
 * Each file is probed once and kept, as soon as it was, by path, size and time of change, so a second
 * call, also after a kill, only asks the file system. Files that are damaged or no videos are kept as well,
 * with the reason.
 *
 * @returns one entry per path, in the order given; `path` is absolute
 * @throws {Error} if ffprobe is missing or hangs
 * @throws the reason of `signal`
 * @example
 * ```ts
 * import { indexVideos } from "@videoms/data";
 *
 * const [entry] = await indexVideos(["/nowhere/a.mp4"]);
 * console.assert("error" in entry);
 * ```
 */
export async function indexVideos(
  paths: readonly string[],
  options: IndexVideosOptions = {},
): Promise<IndexEntry[]> {
  const { concurrency = navigator.hardwareConcurrency, onProgress, signal } = options;
  const tools = options.tools ?? await findFfmpeg();
  const cache = await openIndexCache(options);
  const absolute = paths.map((path) => resolve(path));
  const distinct = [...new Set(absolute)];
  const limiter = createLimiter(concurrency);
  const failure = new AbortController(); // the first error stops the probes beside it
  const either = AbortSignal.any([failure.signal, ...(signal ? [signal] : [])]);
  const entries = new Map<string, IndexEntry>();
  let probed = 0;

  const look = async (path: string): Promise<void> => {
    either.throwIfAborted();
    const stamp = await stampOf(path);
    if (typeof stamp === "string") {
      entries.set(path, { path, error: stamp });
    } else {
      let line = cache.get(path);
      if (!isCurrent(line, stamp)) {
        probed++;
        const found = await probeVideo(stamp, tools, either);
        line = typeof found === "string" ? { ...stamp, error: found } : found;
        await cache.add(line);
      }
      entries.set(path, "error" in line ? { path, error: line.error } : { path, record: line });
    }
    onProgress?.({ done: entries.size, total: distinct.length, probed });
  };

  const outcomes = await Promise.allSettled(
    distinct.map((path) =>
      limiter.run(() => look(path)).catch((error) => {
        failure.abort(error);
        throw error;
      })
    ),
  );
  cache.close();
  signal?.throwIfAborted();
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed) throw failure.signal.reason;
  return absolute.map((path) => entries.get(path)!);
}

/** Size and time of a file, or why it cannot be a video. */
async function stampOf(path: string): Promise<FileStamp | string> {
  try {
    const info = await Deno.stat(path);
    // A pipe would make ffprobe wait for ever.
    if (!info.isFile) return "it is not a regular file";
    return { path, size: info.size, mtimeMs: info.mtime?.getTime() ?? 0 };
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? "there is no such file" : String(error);
  }
}
