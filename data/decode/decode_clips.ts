import { missingFiles } from "../annotations/missing_files.ts";
import { type Ffmpeg, findFfmpeg } from "../process/find_ffmpeg.ts";
import { createLimiter, type Limiter } from "../process/limiter.ts";
import { clipGroups } from "./clip_groups.ts";
import { checkRequest, type ClipRequest, type DecodedClip } from "./clip_request.ts";
import { decodeGroup, type GroupTimes } from "./decode_group.ts";
import { decodeInParts } from "./decode_in_parts.ts";
import type { KnownDamage } from "./known_damage.ts";

/** Options of {@linkcode decodeClips}. */
export interface DecodeClipsOptions {
  /**
   * Number of concurrent ffmpeg processes, or a limiter shared by several calls.
   *
   * @default one process per processor core
   */
  processes?: number | Limiter;
  /** ffmpeg. @default found by {@linkcode findFfmpeg} */
  tools?: Ffmpeg;
  /**
   * Folder for temporary files of decoded pixels; fastest in memory.
   *
   * @default `/dev/shm` if it has room and all permissions are granted (as Deno requires), else the folder
   * for temporary files
   */
  scratch?: string;
  /**
   * Whether clips that start at different key frames are decoded in separate passes, even if one pass is
   * faster; used to verify every key frame.
   *
   * @default false
   */
  apart?: boolean;
  /** Known damage, which is skipped and extended. @default nothing */
  damage?: KnownDamage;
  /** Called after each process with its timings. */
  onGroup?: (times: GroupTimes) => void;
  /** Kills the processes and rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Decodes, crops and resizes clips to uint8 RGB pixels [T, H, W, 3].
 *
 * Frames are exact: they are identified by their times, or counted from the start of files without reliable
 * times; of folders of images, those that a clip needs are read. Clips are distributed to ffmpeg processes in groups; clips of one part of a file share one pass. A
 * group that fails is split in two, and incomplete clips are decoded again alone, finally from the start of
 * their file. So damage affects only its own clips, and a wrong key frame table only costs time.
 *
 * A clip is damaged if its file's size has changed since indexing, if the file cannot be read up to the
 * clip's last frame, or if a frame needed for decoding is corrupt or concealed. ffmpeg alone would continue:
 * it conceals damage or drops frames, which shifts counted frames. Decoder warnings, and bit errors that
 * leave the stream valid, do not count.
 *
 * @returns one entry per request, in order: its pixels or the file's error
 * @throws {RangeError} if a request does not fit its video
 * @throws {Error} if ffmpeg is missing or the disk is full
 * @throws the signal's reason
 * @example
 * ```ts
 * import { centreCrop, decodeClips, indexVideos } from "@videoms/data";
 *
 * const entries = await indexVideos(Deno.args);
 * const records = entries.flatMap((entry) => "record" in entry ? [entry.record] : []);
 * const clips = await decodeClips(records.map((record) => (
 *   { record, frames: [0, 0, 0, 0], crop: centreCrop(record), size: 224 }
 * )));
 * console.assert(clips.length === records.length);
 * ```
 */
export async function decodeClips(
  requests: readonly ClipRequest[],
  options: DecodeClipsOptions = {},
): Promise<DecodedClip[]> {
  const { processes = navigator.hardwareConcurrency, damage, signal } = options;
  const { scratch, apart, onGroup } = options;
  requests.forEach(checkRequest);
  const tools = options.tools ?? await findFfmpeg();
  const limiter = typeof processes === "number" ? createLimiter(processes) : processes;
  const files = requests.filter(({ record }) => !record.images); // images are looked at one by one
  const sizes = new Map(files.map(({ record }) => [record.path, record.size]));
  const absent = await missingFiles(sizes.keys(), { sizes });
  const present = requests.filter(({ record }) => !absent.has(record.path));
  const failure = new AbortController(); // the first error stops the other processes
  const either = AbortSignal.any([failure.signal, ...(signal ? [signal] : [])]);
  const grouping = { tools, scratch, apart, onGroup, signal: either };

  const tryGroup = (group: readonly ClipRequest[]) =>
    limiter.run(() => decodeGroup(group, grouping));
  const outcomes = await Promise.allSettled(
    clipGroups(present, limiter.limit).map((group) =>
      decodeInParts(group, tryGroup, { damage, keepStarts: apart }).catch((error) => {
        failure.abort(error);
        throw error;
      })
    ),
  );
  signal?.throwIfAborted();
  const decoded = outcomes.flatMap((outcome) => {
    if (outcome.status === "rejected") throw failure.signal.reason;
    return outcome.value;
  }).values();
  return requests.map(({ record: { path } }) =>
    absent.has(path) ? { error: `it is ${absent.get(path)}` } : decoded.next().value!
  );
}
