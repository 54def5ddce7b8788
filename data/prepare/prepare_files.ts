import { dirname, join, resolve } from "node:path";
import {
  type CacheOptions,
  type IndexCache,
  isCurrent,
  openIndexCache,
} from "../index/index_cache.ts";
import { indexImages } from "../index/index_images.ts";
import type { IndexEntry, VideoRecord } from "../index/video_record.ts";
import { type Ffmpeg, findFfmpeg } from "../process/find_ffmpeg.ts";
import { createLimiter } from "../process/limiter.ts";
import { outputPaths } from "./output_paths.ts";
import { isDiskFull, type PreparedForm, prepareFile } from "./prepare_file.ts";
import { openPrepareFolder, type PreparedLine, type PrepareFolder } from "./prepare_folder.ts";

/** Options of {@linkcode prepareFiles}. */
export interface PrepareFilesOptions extends CacheOptions {
  /** Folder for the prepared files and their records; created if missing. */
  folder: string;
  /** Maximum pixels of the shorter side, even; nothing is enlarged. @default 256 */
  shortSide?: number;
  /** A video, or a folder of JPEG or PNG images `img_00001.jpg` and on. @default "video" */
  to?: PreparedForm;
  /** Frames per second, not above the rate of any video. @default every frame at its own time */
  fps?: number;
  /** Concurrent ffmpeg processes. @default the number of processor cores */
  processes?: number;
  /** ffmpeg and ffprobe. @default found by `findFfmpeg` */
  tools?: Ffmpeg;
  /** Called after each file. */
  onProgress?: (progress: PrepareFilesProgress) => void;
  /** Stops the work; finished files are kept, and no partial file is left. */
  signal?: AbortSignal;
}

/** Progress of {@linkcode prepareFiles}. */
export interface PrepareFilesProgress {
  /** Distinct files done. */
  done: number;
  /** Total number of distinct files. */
  total: number;
  /** Files of `done` that were written by this call. */
  made: number;
  /** Files of `done` that failed. */
  failed: number;
}

/** Result for a video: the prepared file, or the error. */
export type PrepareOutcome =
  | {
    /** The source. */
    readonly path: string;
    /** The prepared file or folder, an absolute path. */
    readonly output: string;
    /** Whether it is a folder of images. */
    readonly isFolder: boolean;
    /** Bytes of the prepared file, or of all images. */
    readonly outputSize: number;
    /** Whether it was written by this call. */
    readonly made: boolean;
    /** The decoder's first complaint about the source, or null. */
    readonly complaint: string | null;
  }
  | { readonly path: string; readonly error: string };

/** Shared state of the work. */
interface PrepareContext {
  place: PrepareFolder;
  cache: IndexCache;
  folder: string;
  shortSide: number;
  to: PreparedForm;
  fps: number | null;
  tools: Ffmpeg;
  signal: AbortSignal;
}

/**
 * Re-encodes videos for fast clip decoding, see `prepareFile`. The tree of the sources below their common
 * folder is kept.
 *
 * Each file is written beside its destination, checked and moved. Results are stored in `prepared.jsonl` by
 * path, size and modification time of the source, so a second call continues, even after a kill; failures are
 * stored in `errors.jsonl` and retried by the next call.
 *
 * @param entries index entries of the videos; unreadable ones fail immediately
 * @returns one outcome per entry, in order
 * @throws {RangeError} if the short side is not an even number from 16
 * @throws {Error} if the disk is full, or another process writes to the folder
 * @throws the signal's reason
 * @example
 * ```ts
 * import { indexVideos, prepareFiles } from "@videoms/data";
 *
 * const entries = await indexVideos(Deno.args);
 * if (entries.length > 0) {
 *   const outcomes = await prepareFiles(entries, { folder: "small" });
 *   console.log(outcomes.filter((outcome) => "error" in outcome));
 * }
 * ```
 */
export async function prepareFiles(
  entries: readonly IndexEntry[],
  options: PrepareFilesOptions,
): Promise<PrepareOutcome[]> {
  const { shortSide = 256, processes = navigator.hardwareConcurrency, signal } = options;
  const { to = "video", fps = null } = options;
  if (!Number.isSafeInteger(shortSide) || shortSide < 16 || shortSide % 2 !== 0) {
    throw new RangeError(
      `Cannot prepare videos: the short side must be an even number from 16, got ${shortSide}`,
    );
  }
  if (fps !== null && !(fps > 0 && Number.isFinite(fps))) {
    throw new RangeError(`Cannot prepare videos: the rate must be a number above 0, got ${fps}`);
  }
  const limiter = createLimiter(processes);
  const tools = options.tools ?? await findFfmpeg();
  const folder = resolve(options.folder);
  const failure = new AbortController(); // the first error stops the other processes
  const either = AbortSignal.any([failure.signal, ...(signal ? [signal] : [])]);
  const distinct = new Map(entries.map((entry) => [entry.path, entry]));
  const place = await openPrepareFolder(folder, new Set(distinct.keys()));
  const cache = await openIndexCache(options);
  try {
    const context = { place, cache, folder, shortSide, to, fps, tools, signal: either };
    const outputs = placesOf(distinct, context);
    const tell = teller(distinct.size, options.onProgress);
    const outcomes = await Promise.allSettled(
      [...distinct.values()].map((entry) =>
        limiter.run(async () => {
          const outcome = await prepareEntry(entry, outputs.get(entry.path)!, context);
          tell(outcome);
          return outcome;
        }).catch((error) => {
          failure.abort(explained(error, folder));
          throw error;
        })
      ),
    );
    signal?.throwIfAborted();
    const byPath = new Map<string, PrepareOutcome>();
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") throw failure.signal.reason;
      byPath.set(outcome.value.path, outcome.value);
    }
    return entries.map(({ path }) => byPath.get(path)!);
  } finally {
    place.close();
    cache.close();
  }
}

/** Output of each source; earlier outputs stay, unless they are a file in place of a folder or the reverse. */
function placesOf(
  sources: ReadonlyMap<string, unknown>,
  { place: { prepared }, to }: PrepareContext,
): Map<string, string> {
  const isVideo = to === "video";
  const alike = [...prepared.lines()].filter((line) => (formOf(line) === "video") === isVideo);
  const known = new Map(alike.map(({ path, output }) => [path, output]));
  return outputPaths([...sources.keys()], known, isVideo ? ".mp4" : "");
}

function formOf({ to = "video" }: PreparedLine): PreparedForm {
  return to;
}

/** Counts results for progress reports. */
function teller(
  total: number,
  onProgress: PrepareFilesOptions["onProgress"],
): (outcome: PrepareOutcome) => void {
  const progress = { done: 0, total, made: 0, failed: 0 };
  return (outcome) => {
    progress.done++;
    if ("error" in outcome) progress.failed++;
    else if (outcome.made) progress.made++;
    onProgress?.({ ...progress });
  };
}

async function prepareEntry(
  entry: IndexEntry,
  output: string,
  context: PrepareContext,
): Promise<PrepareOutcome> {
  context.signal.throwIfAborted();
  const outcome = "error" in entry ? entry : await prepareRecord(entry.record, output, context);
  if ("error" in outcome) await context.place.failed.add(outcome);
  return outcome;
}

async function prepareRecord(
  source: VideoRecord,
  output: string,
  context: PrepareContext,
): Promise<PrepareOutcome> {
  const { place, cache, folder, shortSide, to, fps, tools, signal } = context;
  const target = join(folder, output);
  const line = place.prepared.get(source.path);
  const found = await Deno.stat(target).catch(() => null);
  if (found && isCurrent(line, source) && isAlike(line, source, context)) {
    if (await bytesAt(target, found) === line.outputSize) return outcomeOf(line, target, false);
  }
  if (found && line?.output !== output) {
    return { path: source.path, error: `${target} exists and was not prepared from it` };
  }
  const temporary = `${target}.tmp`;
  await Deno.mkdir(dirname(target), { recursive: true });
  const made = await prepareFile(source, temporary, { shortSide, to, fps, tools, signal });
  if ("error" in made) return { path: source.path, error: made.error };
  const { path, size, mtimeMs } = source;
  const { record, complaint } = made;
  const written: PreparedLine = {
    ...{ path, size, mtimeMs, output, outputSize: record.size, shortSide, complaint },
    ...settingsOf(source, context),
  };
  // The line comes first, so that the destination is known to be ours.
  await place.prepared.add(written);
  if (found?.isDirectory) await Deno.remove(target, { recursive: true });
  await Deno.rename(temporary, target);
  const { images } = record;
  const moved = images ? { images: { ...images, folder: target } } : {};
  await cache.add({ ...record, path: target, ...moved });
  return outcomeOf(written, target, true);
}

/** The settings of a line that differ from those of a video of every frame. */
function settingsOf(
  { images, fps: imageFps }: VideoRecord,
  { to, fps }: PrepareContext,
): Pick<PreparedLine, "to" | "fps" | "imageFps"> {
  return {
    ...to === "video" ? {} : { to },
    ...fps === null ? {} : { fps },
    ...images && imageFps > 0 ? { imageFps } : {},
  };
}

/** Whether an earlier output was made with the present settings. */
function isAlike(line: PreparedLine, source: VideoRecord, context: PrepareContext): boolean {
  const { to, fps, imageFps } = settingsOf(source, context);
  return line.shortSide === context.shortSide && line.to === to && line.fps === fps &&
    line.imageFps === imageFps;
}

/** Bytes of an output; null if it is a folder that is not whole. */
async function bytesAt(target: string, { isDirectory, size }: Deno.FileInfo) {
  if (!isDirectory) return size;
  const record = await indexImages(target, undefined);
  return typeof record === "string" ? null : record.size;
}

function outcomeOf(line: PreparedLine, output: string, made: boolean): PrepareOutcome {
  const { path, outputSize, complaint } = line;
  const isFolder = formOf(line) !== "video";
  return { path, output, isFolder, outputSize, made, complaint };
}

/** Explains a disk error. */
function explained(error: unknown, folder: string): unknown {
  if (!(error instanceof Error) || !isDiskFull(error.message)) return error;
  return new Error(
    `Cannot prepare videos: ${folder} must have room for them, got a full disk (${error.message}); ` +
      "free some space and run it again; finished files are kept",
    { cause: error },
  );
}
