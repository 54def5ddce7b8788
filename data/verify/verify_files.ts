import { ImageFault, imageHead } from "../images/read_image.ts";
import { type CacheOptions, isCurrent, openIndexCache } from "../index/index_cache.ts";
import { emptyLineStore, type LineStore, openLineStore } from "../index/line_store.ts";
import type { VideoRecord } from "../index/video_record.ts";
import { type Ffmpeg, findFfmpeg } from "../process/find_ffmpeg.ts";
import { createLimiter } from "../process/limiter.ts";
import { compareSeeks } from "./compare_seeks.ts";
import { decodeWhole } from "./decode_whole.ts";
import type { FileCheck } from "./file_findings.ts";

/** Options of {@linkcode verifyFiles}. */
export interface VerifyFilesOptions extends CacheOptions {
  /**
   * JSON Lines file of the cache. Seek errors are also recorded in the index cache.
   *
   * @default no file
   */
  checksFile?: string;
  /** Caches of earlier versions to import. @default none */
  olderChecks?: readonly string[];
  /** Files checked concurrently. @default the number of processor cores */
  concurrency?: number;
  /** ffmpeg. @default found by `findFfmpeg` */
  tools?: Ffmpeg;
  /** Called after each file. */
  onProgress?: (progress: { done: number; total: number; checked: number }) => void;
  /** Stops the work; results so far are kept. */
  signal?: AbortSignal;
}

/** A verified file. */
export interface VerifiedFile {
  /** The updated index record: with the actual frame count, without failing seeks. */
  readonly record: VideoRecord;
  /** The check. */
  readonly check: FileCheck;
}

/**
 * Verifies video files and folders of images: decodes each one completely and compares clips decoded from the middle with it, frame
 * by frame. A file with a difference is marked in the index cache, so that its frames are counted from the
 * start from then on, as is one whose frame count differs from the index without decoder messages.
 *
 * Results are cached by path, size and modification time, so a second call continues, even after a kill.
 *
 * @returns one entry per distinct file, in order; see `fileFindings`
 * @throws the signal's reason
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
  const failure = new AbortController(); // the first error stops the other checks
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

/** Changes with the meaning of checks. */
const VERSION = 2;

/** File name of the check cache, including its version, so that versions can share a folder. */
export const CHECKS_NAME: string = `video-checks-${VERSION}.jsonl`;

async function openChecks(
  { checksFile, olderChecks, onCacheError = () => {} }: VerifyFilesOptions,
): Promise<LineStore<FileCheck>> {
  if (checksFile === undefined) return emptyLineStore();
  const format = { format: "videoms-file-checks", version: VERSION };
  return await openLineStore(checksFile, { ...format, older: olderChecks, onCacheError });
}

async function checkFile(
  record: VideoRecord,
  tools: Ffmpeg,
  signal: AbortSignal,
): Promise<FileCheck> {
  const { path, size, mtimeMs } = record;
  const { hashes, complaints: said } = await decodeWhole(record, tools, signal);
  const complaints = [...await oddImages(record, signal), ...said];
  // A damaged file is bad however it is decoded, and seek errors cannot be distinguished from damage.
  const sound = complaints.length === 0 && hashes.length === record.frames;
  const { compared, fault } = sound
    ? await compareSeeks(record, hashes, { tools, processes: 1, signal })
    : { compared: 0, fault: null };
  if (record.images && fault !== null) complaints.push(fault); // there is no other way to read them
  return {
    ...{ path, size, mtimeMs },
    decoded: hashes.length,
    complaints: complaints.length,
    complaint: complaints[0] ?? null,
    compared,
    seekFault: record.images ? null : fault,
  };
}

/** Why images of a folder are no frames of one video. */
async function oddImages(
  { images, frames, codec, width, height }: VideoRecord,
  signal: AbortSignal,
): Promise<string[]> {
  const odd: string[] = [];
  const common = { codec: codec === "png" ? codec : "mjpeg", width, height } as const;
  for (let frame = 0; images && frame < frames; frame++) {
    signal.throwIfAborted();
    await imageHead(images, frame, common).catch((error) => {
      if (!(error instanceof ImageFault)) throw error;
      odd.push(error.message);
    });
  }
  return odd;
}

/** The record of a file, corrected by its check if needed. */
function corrected(
  record: VideoRecord,
  { decoded, complaints, seekFault }: FileCheck,
): VideoRecord {
  if (!record.images && complaints === 0 && decoded > 0 && decoded !== record.frames) {
    const missing = record.declaredFrames && Math.max(0, record.declaredFrames - record.frames);
    const seekFault = `decoding gives ${decoded} frames, its packets say ${record.frames}`;
    const declaredFrames = missing === null ? null : decoded + missing;
    return { ...record, frames: decoded, declaredFrames, seek: null, seekFault };
  }
  return seekFault === null || record.seek === null ? record : { ...record, seek: null, seekFault };
}
