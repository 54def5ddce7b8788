import type { FrameSize } from "../crop/crop_box.ts";
import { probeVideo } from "../index/probe_video.ts";
import { haveStep, timesOf } from "../index/seek_table.ts";
import type { VideoRecord } from "../index/video_record.ts";
import type { Ffmpeg } from "../process/find_ffmpeg.ts";
import { inputArguments } from "../process/input_arguments.ts";
import { runFfmpeg } from "../process/run_ffmpeg.ts";
import { fractionOf } from "./fraction_of.ts";

/** Key frame interval: the number of frames that decoding may have to start early. */
const KEY_DISTANCE = 16;

/** Time limit for starting a process and opening its file, in milliseconds. */
const START_MS = 60_000;

/** Time limit per frame to decode, shrink and encode, in milliseconds. */
const FRAME_MS = 200;

/** Time in which an interrupt of ffmpeg also reaches this process, in milliseconds. */
const INTERRUPT_MS = 200;

/** Options of {@linkcode prepareFile}. */
export interface PrepareFileOptions {
  /** Maximum pixels of the shorter side; even. */
  shortSide: number;
  tools: Ffmpeg;
  signal?: AbortSignal;
}

/** A prepared file and the decoder's complaint about its source, or the error. */
export type PreparedVideo =
  | { readonly record: VideoRecord; readonly complaint: string | null }
  | { readonly error: string };

/**
 * Size of a prepared video: the shorter side is at most `shortSide`, never enlarged, and both sides are even.
 */
export function preparedSize({ width, height }: FrameSize, shortSide: number): FrameSize {
  const short = Math.min(width, height);
  const side = Math.max(2, Math.min(shortSide, 2 * Math.floor(short / 2)));
  const scaled = (length: number) => Math.max(2, 2 * Math.round(length * side / short / 2));
  return width >= height
    ? { width: scaled(width), height: side }
    : { width: side, height: scaled(height) };
}

/**
 * Re-encodes a video for fast clip decoding: small, with a key frame every 16 frames, no frame reordering,
 * and exact times. The result must have as many frames as its source; a source with decoding errors fails.
 *
 * MPEG-4 Part 2 decodes several times as fast as H.264 of this quality and is nearly as small.
 *
 * @param target the new file; an existing file is overwritten, and removed if the source fails
 * @throws {Error} if the disk is full, which is not the video's fault
 * @throws the signal's reason; nothing is left at `target`
 */
export async function prepareFile(
  source: VideoRecord,
  target: string,
  options: PrepareFileOptions,
): Promise<PreparedVideo> {
  let done = false;
  try {
    const outcome = await encode(source, target, options);
    done = "record" in outcome;
    return outcome;
  } finally {
    if (!done) await Deno.remove(target).catch(() => {});
  }
}

async function encode(
  source: VideoRecord,
  target: string,
  { shortSide, tools, signal }: PrepareFileOptions,
): Promise<PreparedVideo> {
  const { code, timedOut, complaint } = await runFfmpeg(
    tools.ffmpeg,
    encoderArguments(source, target, shortSide),
    { timeoutMs: START_MS + FRAME_MS * source.frames, signal },
  );
  const words = complaint.trim();
  const full = words.split("\n").find(isDiskFull);
  if (full !== undefined) throw new Error(`${target}: ${full}`);
  if (timedOut) return { error: "ffmpeg took too long" };
  if (code !== 0 || (source.gaps && words !== "")) {
    // Ctrl-C also reaches ffmpeg, perhaps first, and is not the file's fault.
    await new Promise((resolve) => setTimeout(resolve, INTERRUPT_MS));
    signal?.throwIfAborted();
    return { error: words.split("\n").at(-1) || `ffmpeg ended with code ${code}` };
  }
  const { size, mtime } = await Deno.stat(target);
  const stamp = { path: target, size, mtimeMs: mtime?.getTime() ?? 0 };
  const record = await probeVideo(stamp, tools, signal);
  if (typeof record === "string") return { error: `the prepared file: ${record}` };
  if (record.frames !== source.frames) {
    return { error: `${record.frames} of ${source.frames} frames${words && `: ${words}`}` };
  }
  return { record, complaint: words.split("\n")[0] || null };
}

/** Whether a message of ffmpeg or the system says that the disk is full. */
export function isDiskFull(words: string): boolean {
  return /No space left on device|Disk quota exceeded/i.test(words);
}

/** Times of some containers, such as MXF with H.264 B-frames, go backwards, which no encoder accepts. */
const ASCENDING = "setpts='if(lte(PTS,PREV_OUTPTS),PREV_OUTPTS+1,PTS)'";

/**
 * Gives the last frame the duration of the one before: newer ffmpegs forget durations where times are set, and a frame
 * without one is cut off the end of an MP4.
 */
const DURATIONS = "setts=duration=if(DURATION\\,DURATION\\,if(N\\,PTS-PREV_INPTS\\,1))";

/** The encoder's time base has no more ticks per second than this. */
const MOST_TICKS = 65_535;

/** Ticks per second where times are uneven or unknown: whole numbers of them for all usual frame rates but 23.976. */
const TICKS = 60_000;

/** Seconds of a tick in which the times of a video's frames are whole numbers, where there is one. */
function tickOf({ seek, fps, frames }: VideoRecord): string {
  if (!seek) return `1/${TICKS}`;
  const { times, timeBase: [seconds, ticks] } = seek;
  if (!("step" in times)) return ticks <= MOST_TICKS ? `${seconds}/${ticks}` : `1/${TICKS}`;
  const [rate, per] = fractionOf(fps, MOST_TICKS);
  const all = timesOf(seek, Array.from({ length: frames }, (_, i) => i));
  const isRate = rate > 0 && haveStep(all, ticks * per / (seconds * rate));
  return isRate ? `${per}/${rate}` : `1/${TICKS}`;
}

function encoderArguments(source: VideoRecord, target: string, shortSide: number): string[] {
  const { width, height } = preparedSize(source, shortSide);
  const tick = tickOf(source);
  return [
    ...["-nostdin", "-hide_banner", "-v", "error", "-y", "-threads", "1"],
    // Otherwise damage would become valid files with concealed errors; see `groupArguments`.
    ...(source.gaps ? [] : ["-xerror"]),
    ...inputArguments(source.path),
    ...["-map", "0:V:0", "-an", "-sn", "-dn", "-map_metadata", "-1", "-filter_threads", "1"],
    ...["-vf", `settb=${tick},${ASCENDING},scale=${width}:${height}:flags=area,setsar=1`],
    ...["-fps_mode", "passthrough"], // the default repeats and drops frames
    ...["-enc_time_base", tick], // newer ffmpegs take that of the file, older ones round to the mean rate
    ...["-pix_fmt", "yuv420p", "-c:v", "mpeg4", "-q:v", "3", "-threads", "1"],
    // No key frames at scene cuts: they would only shift the regular ones.
    ...["-g", String(KEY_DISTANCE), "-bf", "0", "-sc_threshold", "1000000000"],
    ...["-bsf:v", DURATIONS],
    ...["-video_track_timescale", "90000", "-fflags", "+bitexact", "-f", "mp4", `file:${target}`],
  ];
}
