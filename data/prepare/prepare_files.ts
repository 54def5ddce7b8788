import { dirname, join, resolve } from "node:path";
import {
  type CacheOptions,
  type IndexCache,
  isCurrent,
  openIndexCache,
} from "../index/index_cache.ts";
import type { IndexEntry, VideoRecord } from "../index/video_record.ts";
import { type Ffmpeg, findFfmpeg } from "../process/find_ffmpeg.ts";
import { createLimiter } from "../process/limiter.ts";
import { outputPaths } from "./output_paths.ts";
import { isDiskFull, prepareFile } from "./prepare_file.ts";
import { openPrepareFolder, type PreparedLine, type PrepareFolder } from "./prepare_folder.ts";

/** How {@linkcode prepareFiles} works. */
export interface PrepareFilesOptions extends CacheOptions {
  /** Folder for the prepared files and what is known of them; made if it is not there. */
  folder: string;
  /** Pixels of the shorter side at most, even; nothing is enlarged. @default 256 */
  shortSide?: number;
  /** ffmpeg processes at a time. @default the number of processor cores */
  processes?: number;
  /** ffmpeg and ffprobe. @default as `findFfmpeg` finds them */
  tools?: Ffmpeg;
  /** Called after each file. */
  onProgress?: (progress: PrepareFilesProgress) => void;
  /** Stops the work; what was done by then is kept, and no half file is left. */
  signal?: AbortSignal;
}

/** How far {@linkcode prepareFiles} is. */
export interface PrepareFilesProgress {
  /** Distinct files dealt with so far. */
  done: number;
  /** Distinct files in all. */
  total: number;
  /** Files of `done` that had to be written now. */
  made: number;
  /** Files of `done` that failed. */
  failed: number;
}

/** What became of a video: the prepared file, or why there is none. */
export type PrepareOutcome =
  | {
    /** The source. */
    readonly path: string;
    /** The prepared file, an absolute path. */
    readonly output: string;
    /** Bytes of the prepared file. */
    readonly outputSize: number;
    /** Whether it was written now. */
    readonly made: boolean;
    /** The first thing that the decoder complained about in the source, or null. */
    readonly complaint: string | null;
  }
  | { readonly path: string; readonly error: string };

/** What the work on each file needs. */
interface PrepareContext {
  place: PrepareFolder;
  cache: IndexCache;
  folder: string;
  shortSide: number;
  tools: Ffmpeg;
  signal: AbortSignal;
}

/**
 * Writes videos anew so that clips are quick to cut out of them: see `prepareFile`. The tree of the sources
 * below their common folder is kept.
 *
 * Each file is written beside its place, checked and moved there. What is done is kept in `prepared.jsonl`
 * by path, size and time of change of the source, so a second call, also after a kill, goes on; what
 * failed is kept in `errors.jsonl` and tried again by the next call.
 *
 * @param entries what an index says of the videos; the unreadable fail at once
 * @returns one outcome per entry, in order
 * @throws {RangeError} if the short side is not an even number from 16
 * @throws {Error} if the disk is full, or another process writes to the folder
 * @throws the reason of `signal`
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
  if (!Number.isSafeInteger(shortSide) || shortSide < 16 || shortSide % 2 !== 0) {
    throw new RangeError(
      `Cannot prepare videos: the short side must be an even number from 16, got ${shortSide}`,
    );
  }
  const limiter = createLimiter(processes);
  const tools = options.tools ?? await findFfmpeg();
  const folder = resolve(options.folder);
  const failure = new AbortController(); // the first error stops the processes beside it
  const either = AbortSignal.any([failure.signal, ...(signal ? [signal] : [])]);
  const distinct = new Map(entries.map((entry) => [entry.path, entry]));
  const place = await openPrepareFolder(folder, new Set(distinct.keys()));
  const cache = await openIndexCache(options);
  try {
    const context = { place, cache, folder, shortSide, tools, signal: either };
    const outputs = placesOf(distinct, place);
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

/** Output of each source; where one went before it goes again. */
function placesOf(
  sources: ReadonlyMap<string, unknown>,
  { prepared }: PrepareFolder,
): Map<string, string> {
  const known = new Map(Array.from(prepared.lines(), ({ path, output }) => [path, output]));
  return outputPaths([...sources.keys()], known);
}

/** Counts outcomes for whoever watches. */
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
  { place, cache, folder, shortSide, tools, signal }: PrepareContext,
): Promise<PrepareOutcome> {
  const target = join(folder, output);
  const line = place.prepared.get(source.path);
  const found = await Deno.stat(target).catch(() => null);
  if (found && isCurrent(line, source) && line.shortSide === shortSide) {
    if (found.size === line.outputSize) return outcomeOf(line, target, false);
  }
  if (found && !line) {
    return { path: source.path, error: `${target} is there and was not prepared from it` };
  }
  const temporary = `${target}.tmp`;
  await Deno.mkdir(dirname(target), { recursive: true });
  const made = await prepareFile(source, temporary, { shortSide, tools, signal });
  if ("error" in made) return { path: source.path, error: made.error };
  const { path, size, mtimeMs } = source;
  const { record, complaint } = made;
  const written = { path, size, mtimeMs, output, outputSize: record.size, shortSide, complaint };
  // First the line, so that whatever is in its place is known to be ours.
  await place.prepared.add(written);
  await Deno.rename(temporary, target);
  await cache.add({ ...record, path: target });
  return outcomeOf(written, target, true);
}

function outcomeOf(line: PreparedLine, output: string, made: boolean): PrepareOutcome {
  const { path, outputSize, complaint } = line;
  return { path, output, outputSize, made, complaint };
}

/** An error of the disk in words that tell what to do. */
function explained(error: unknown, folder: string): unknown {
  if (!(error instanceof Error) || !isDiskFull(error.message)) return error;
  return new Error(
    `Cannot prepare videos: ${folder} must have room for them, got a full disk (${error.message}); ` +
      "make room and run it again, what is done is kept",
    { cause: error },
  );
}
