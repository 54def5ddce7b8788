import { resolve } from "node:path";
import { type Ffmpeg, findFfmpeg } from "../process/find_ffmpeg.ts";
import { createLimiter } from "../process/limiter.ts";
import { indexImages, isImageFolder } from "./index_images.ts";
import { type CacheOptions, type IndexCache, isCurrent, openIndexCache } from "./index_cache.ts";
import { type FileStamp, probeVideo } from "./probe_video.ts";
import type { IndexEntry } from "./video_record.ts";

/** Progress of {@linkcode indexVideos}. */
export interface IndexProgress {
  /** Distinct files done. */
  done: number;
  /** Total number of distinct files. */
  total: number;
  /** Files of `done` that were probed; the others were cached. */
  probed: number;
}

/** Options of {@linkcode indexVideos}. */
export interface IndexVideosOptions extends CacheOptions {
  /** Concurrent probes. @default the number of processor cores */
  concurrency?: number;
  /** ffmpeg and ffprobe. @default found by {@linkcode findFfmpeg} */
  tools?: Ffmpeg;
  /**
   * Whether to look at every image of folders of frames again. Otherwise known folders are the same if their own
   * modification time and a few images are.
   *
   * @default false
   */
  thorough?: boolean;
  /** Called after each file. */
  onProgress?: (progress: IndexProgress) => void;
  /** Stops the work; results so far stay in the cache. */
  signal?: AbortSignal;
}

/**
 * Indexes video files and folders of numbered images: size, frame count, frame times and codec.
 *
 * Each file is probed once and cached immediately by path, size and modification time, so a second call, even
 * after a kill, only stats files. Damaged files and files that are not videos are cached too, with the
 * reason.
 *
 * @returns one entry per path, in order; `path` is absolute
 * @throws {Error} if ffprobe is missing or hangs
 * @throws the signal's reason
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
  const failure = new AbortController(); // the first error stops the other probes
  const either = AbortSignal.any([failure.signal, ...(signal ? [signal] : [])]);
  const entries = new Map<string, IndexEntry>();
  let probed = 0;

  const look = async (path: string): Promise<void> => {
    either.throwIfAborted();
    const known = cache.get(path);
    const stamp = await stampOf(path);
    const entry = typeof stamp !== "string"
      ? await fileEntry(stamp, cache, tools, either)
      : await isImageFolder(path)
      ? await folderEntry(path, cache, options.thorough)
      : { path, error: stamp };
    if (cache.get(path) !== known) probed++;
    entries.set(path, entry);
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

async function fileEntry(
  stamp: FileStamp,
  cache: IndexCache,
  tools: Ffmpeg,
  signal: AbortSignal,
): Promise<IndexEntry> {
  const { path } = stamp;
  let line = cache.get(path);
  if (!isCurrent(line, stamp)) {
    const found = await probeVideo(stamp, tools, signal);
    line = typeof found === "string" ? { ...stamp, error: found } : found;
    await cache.add(line);
  }
  return "error" in line ? { path, error: line.error } : { path, record: line };
}

/** What is wrong with a folder is not cached: its names are quick to read again. */
async function folderEntry(
  path: string,
  cache: IndexCache,
  thorough?: boolean,
): Promise<IndexEntry> {
  const line = cache.get(path);
  const known = line && "images" in line ? line : undefined;
  const found = await indexImages(path, known, thorough);
  if (typeof found === "string") return { path, error: found };
  if (found !== known) await cache.add(found);
  return { path, record: found };
}

/** Size and modification time of a file, or why it cannot be a video. */
async function stampOf(path: string): Promise<FileStamp | string> {
  try {
    const info = await Deno.stat(path);
    // ffprobe would wait for a pipe forever.
    if (!info.isFile) return "it is not a regular file";
    return { path, size: info.size, mtimeMs: info.mtime?.getTime() ?? 0 };
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? "there is no such file" : String(error);
  }
}
