import { missingFiles } from "../annotations/missing_files.ts";
import { type Ffmpeg, findFfmpeg } from "../process/find_ffmpeg.ts";
import { createLimiter, type Limiter } from "../process/limiter.ts";
import { clipGroups } from "./clip_groups.ts";
import { checkRequest, type ClipRequest, type DecodedClip } from "./clip_request.ts";
import { decodeGroup, type GroupTimes } from "./decode_group.ts";
import { decodeInParts } from "./decode_in_parts.ts";
import type { KnownDamage } from "./known_damage.ts";

/** How {@linkcode decodeClips} works. */
export interface DecodeClipsOptions {
  /**
   * How many ffmpeg processes run at a time; a limiter may be shared by several calls.
   *
   * @default one process per processor core
   */
  processes?: number | Limiter;
  /** ffmpeg. @default as {@linkcode findFfmpeg} finds it */
  tools?: Ffmpeg;
  /**
   * Folder for decoded pixels on their way; one in memory is quickest.
   *
   * @default `/dev/shm` if it has room and all permissions are granted (Deno asks for that), else the
   * folder for temporary files
   */
  scratch?: string;
  /**
   * Whether clips that start at different key frames are decoded in passes of their own, even where one
   * pass for all is quicker: a check of a file tries every start.
   *
   * @default false
   */
  apart?: boolean;
  /** What is known to be damaged, and is told what turns out to be. @default nothing */
  damage?: KnownDamage;
  /** Told after each process how long it and its clips took. */
  onGroup?: (times: GroupTimes) => void;
  /** Stops decoding: the processes are killed and the call rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Decodes clips, cropped and resized: uint8 RGB pixels [T, H, W, 3] each.
 *
 * Frames are exact: they are told by their times, or counted from the start of files whose times cannot
 * be trusted. Clips are shared out to ffmpeg
 * processes in groups of neighbours; those of one stretch of a file share one pass over it. A group that
 * fails is cut in two, and clips that come out short are decoded once more on their own, and at last from the
 * start of their file: so damage costs only its own clips, and a wrong table of key frames only time.
 *
 * A clip is damaged if its file has another size than when it was indexed or cannot be read up to its last frame, or if a frame that decoding has to
 * pass through to it comes out broken or made up. ffmpeg by itself would go on: it fills damaged places with
 * their neighbours or leaves frames out, which shifts those that are counted. What a decoder only
 * grumbles about, and bit errors that leave a valid stream behind, cannot be told and do not count.
 *
 * @returns one entry per request in order: its pixels, or why the file did not give them
 * @throws {RangeError} if a request does not fit its video
 * @throws {Error} if ffmpeg is missing or the disk is full
 * @throws the reason of `signal`
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
  const sizes = new Map(requests.map(({ record }) => [record.path, record.size]));
  const absent = await missingFiles(sizes.keys(), sizes);
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
