import { type CacheOptions, isCurrent, openIndexCache } from "../index/index_cache.ts";
import { emptyLineStore, type LineStore, openLineStore } from "../index/line_store.ts";
import type { VideoRecord } from "../index/video_record.ts";
import { type Ffmpeg, findFfmpeg } from "../process/find_ffmpeg.ts";
import { createLimiter } from "../process/limiter.ts";
import { compareSeeks } from "./compare_seeks.ts";
import { decodeWhole } from "./decode_whole.ts";
import type { FileCheck } from "./file_findings.ts";

/** How {@linkcode verifyFiles} works. */
export interface VerifyFilesOptions extends CacheOptions {
  /**
   * JSON Lines file that keeps what was found. The index cache is told where seeking goes wrong.
   *
   * @default nothing is kept
   */
  checksFile?: string;
  /** Checks of earlier versions, which are taken over. @default none */
  olderChecks?: readonly string[];
  /** Files checked at a time. @default the number of processor cores */
  concurrency?: number;
  /** ffmpeg. @default as `findFfmpeg` finds it */
  tools?: Ffmpeg;
  /** Called after each file. */
  onProgress?: (progress: { done: number; total: number; checked: number }) => void;
  /** Stops the work; what was found by then is kept. */
  signal?: AbortSignal;
}

/** A file and what its check found. */
export interface VerifiedFile {
  /** As the index knows it from now on: with the frames that there are, without seeking that fails. */
  readonly record: VideoRecord;
  /** What was found. */
  readonly check: FileCheck;
}

/**
 * Checks video files: decodes each of them once as a whole, and compares clips that are started in
 * the middle with that, frame by frame. A file in which one differs is marked in the index cache, so that
 * its clips are counted from the start from then on, and so is one that gives another number of frames than
 * the index says, without a complaint of the decoder.
 *
 * What was found is kept by path, size and time of change, so a second call, also after a kill, goes on.
 *
 * @returns one entry per distinct file, in order; `fileFindings` judges them
 * @throws the reason of `signal`
 * @example
 * ```ts
 * import { fileFindings, indexVideos, verifyFiles } from "@videoms/data";
 *
 * const entries = await indexVideos(Deno.args);
 * const records = entries.flatMap((entry) => "record" in entry ? [entry.record] : []);
 * for (const { record, check } of await verifyFiles(records)) {
 *   console.log(record.path, fileFindings(record, check).faults);
 * }
 * ```
 */
export async function verifyFiles(
  records: readonly VideoRecord[],
  options: VerifyFilesOptions = {},
): Promise<VerifiedFile[]> {
  const { onProgress, signal } = options;
  const tools = options.tools ?? await findFfmpeg();
  const limiter = createLimiter(options.concurrency ?? navigator.hardwareConcurrency);
  const distinct = [...new Map(records.map((record) => [record.path, record])).values()];
  const failure = new AbortController(); // the first error stops the checks beside it
  const either = AbortSignal.any([failure.signal, ...(signal ? [signal] : [])]);
  const checks = await openChecks(options);
  const cache = await openIndexCache(options);
  let [done, checked] = [0, 0];

  const verify = async (record: VideoRecord): Promise<VerifiedFile> => {
    either.throwIfAborted();
    let check = checks.get(record.path);
    if (!isCurrent(check, record)) {
      checked++;
      check = await checkFile(record, tools, either);
      await checks.add(check);
    }
    const known = corrected(record, check);
    if (known !== record) await cache.add(known);
    onProgress?.({ done: ++done, total: distinct.length, checked });
    return { record: known, check };
  };
  try {
    const outcomes = await Promise.allSettled(
      distinct.map((record) =>
        limiter.run(() => verify(record)).catch((error) => {
          failure.abort(error);
          throw error;
        })
      ),
    );
    signal?.throwIfAborted();
    return outcomes.map((outcome) => {
      if (outcome.status === "rejected") throw failure.signal.reason;
      return outcome.value;
    });
  } finally {
    checks.close();
    cache.close();
  }
}

/** Changes with what a check says or how it is made. */
const VERSION = 2;

/** Name of a file of checks. It has the version in it, so that versions can share a folder. */
export const CHECKS_NAME: string = `video-checks-${VERSION}.jsonl`;

async function openChecks(
  { checksFile, olderChecks, onUnkept = () => {} }: VerifyFilesOptions,
): Promise<LineStore<FileCheck>> {
  if (checksFile === undefined) return emptyLineStore();
  const format = { format: "videoms-file-checks", version: VERSION };
  return await openLineStore(checksFile, { ...format, older: olderChecks, onUnkept });
}

async function checkFile(
  record: VideoRecord,
  tools: Ffmpeg,
  signal: AbortSignal,
): Promise<FileCheck> {
  const { path, size, mtimeMs } = record;
  const { hashes, complaints } = await decodeWhole(record, tools, signal);
  // A damaged file is bad however it is decoded, and its seeking cannot be told from its damage.
  const sound = complaints.length === 0 && hashes.length === record.frames;
  const { compared, fault } = sound
    ? await compareSeeks(record, hashes, { tools, processes: 1, signal })
    : { compared: 0, fault: null };
  return {
    ...{ path, size, mtimeMs },
    decoded: hashes.length,
    complaints: complaints.length,
    complaint: complaints[0] ?? null,
    compared,
    seekFault: fault,
  };
}

/** The record of a file as its check found it: any other as it is. */
function corrected(
  record: VideoRecord,
  { decoded, complaints, seekFault }: FileCheck,
): VideoRecord {
  if (complaints === 0 && decoded > 0 && decoded !== record.frames) {
    const missing = record.declaredFrames && Math.max(0, record.declaredFrames - record.frames);
    const seekFault = `decoding gives ${decoded} frames, its packets say ${record.frames}`;
    const declaredFrames = missing === null ? null : decoded + missing;
    return { ...record, frames: decoded, declaredFrames, seek: null, seekFault };
  }
  return seekFault === null || record.seek === null ? record : { ...record, seek: null, seekFault };
}
