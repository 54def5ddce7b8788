import { type Ffmpeg, findFfmpeg } from "../process/find_ffmpeg.ts";
import { createLimiter, type Limiter } from "../process/limiter.ts";
import { checkRequest, type ClipRequest, type DecodedClip } from "./clip_request.ts";
import { decodeGroup } from "./decode_group.ts";

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
  /** Stops decoding: the processes are killed and the call rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * A process per clip would spend its time on starting; beyond 24 clips a process only waits longer
 * for its last one.
 */
const GROUP = { least: 12, most: 24 };

/**
 * Decodes clips, cropped and resized: uint8 RGB pixels [T, H, W, 3] each.
 *
 * Frames are exact: they are counted from the start of the file. Clips are shared out to ffmpeg
 * processes in groups of up to 24. A group that fails is halved, and clips that come out short are
 * decoded once more on their own, so a damaged file costs only itself.
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
  const { processes = navigator.hardwareConcurrency, scratch, signal } = options;
  requests.forEach(checkRequest);
  const tools = options.tools ?? await findFfmpeg();
  const limiter = typeof processes === "number" ? createLimiter(processes) : processes;
  const failure = new AbortController(); // the first error stops the other processes
  const either = AbortSignal.any([failure.signal, ...(signal ? [signal] : [])]);
  const grouping = { tools, scratch, signal: either };

  const decode = async (group: readonly ClipRequest[]): Promise<DecodedClip[]> => {
    const clips = await limiter.run(() => decodeGroup(group, grouping));
    if (group.length > 1 && clips.every((clip) => "error" in clip)) {
      // One file that cannot be opened fails them all: halving finds it in few processes.
      const half = group.length >> 1;
      const halves = await Promise.all([decode(group.slice(0, half)), decode(group.slice(half))]);
      return halves.flat();
    }
    return await Promise.all(clips.map(async (clip, i) => {
      if ("pixels" in clip) return clip;
      const [second] = await limiter.run(() => decodeGroup([group[i]], grouping));
      return second;
    }));
  };
  const outcomes = await Promise.allSettled(
    groupsOf(requests, limiter.limit).map((group) =>
      decode(group).catch((error) => {
        failure.abort(error);
        throw error;
      })
    ),
  );
  signal?.throwIfAborted();
  return outcomes.flatMap((outcome) => {
    if (outcome.status === "rejected") throw failure.signal.reason;
    return outcome.value;
  });
}

/** Neighbouring requests in groups of equal size, give or take one. */
function groupsOf(requests: readonly ClipRequest[], processes: number): ClipRequest[][] {
  const share = Math.ceil(requests.length / processes);
  const count = Math.ceil(requests.length / Math.min(GROUP.most, Math.max(GROUP.least, share)));
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor(i * requests.length / count);
    return requests.slice(from, Math.floor((i + 1) * requests.length / count));
  });
}
