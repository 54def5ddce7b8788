import type { FrameSize } from "../crop/crop_box.ts";
import { probeVideo } from "../index/probe_video.ts";
import { haveStep, timesOf } from "../index/seek_table.ts";
import type { VideoRecord } from "../index/video_record.ts";
import type { Ffmpeg } from "../process/find_ffmpeg.ts";
import { imageInput } from "../images/image_input.ts";
import { indexImages } from "../index/index_images.ts";
import { inputArguments } from "../process/input_arguments.ts";
import { runFfmpeg } from "../process/run_ffmpeg.ts";
import { fractionOf } from "./fraction_of.ts";
import { type Resampling, resampling } from "./resampling.ts";

/** What videos are prepared as: a video, or a folder of images. */
export const PREPARED_FORMS = ["video", "jpeg", "png"] as const;

/** What videos are prepared as. */
export type PreparedForm = typeof PREPARED_FORMS[number];

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
  to: PreparedForm;
  /** Frames per second; null for every frame at its own time. */
  fps: number | null;
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
 * Re-encodes a video, or a folder of images, for fast clip decoding: small, with a key frame every 16 frames, no frame
 * reordering, and exact times; or writes its frames as images `img_00001.jpg` and on. The result must have as many
 * frames as its source, or as its source has at the rate; a source with decoding errors fails.
 *
 * MPEG-4 Part 2 decodes several times as fast as H.264 of this quality and is nearly as small.
 *
 * @param target the new file or folder; an existing one is overwritten, and removed if the source fails
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
    if (!done) await Deno.remove(target, { recursive: true }).catch(() => {});
  }
}

async function encode(
  source: VideoRecord,
  target: string,
  options: PrepareFileOptions,
): Promise<PreparedVideo> {
  const { to, fps, tools, signal } = options;
  if (to === "video" && source.images && !(source.fps > 0)) {
    return { error: "the frame rate of its images must be stated, got none" };
  }
  const kept = resampling(source, fps);
  if (typeof kept === "string") return { error: kept };
  if (to !== "video") {
    await Deno.remove(target, { recursive: true }).catch(() => {}); // left by a process that was killed
    await Deno.mkdir(target);
  }
  const { code, timedOut, complaint } = await runFfmpeg(
    tools.ffmpeg,
    encoderArguments(source, target, kept, options),
    {
      timeoutMs: START_MS + FRAME_MS * source.frames,
      signal,
      // The pattern of names is relative to the folder, whose own name may contain a "%".
      cwd: to === "video" ? undefined : target,
    },
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
  const record = await preparedRecord(target, options);
  if (typeof record === "string") return { error: `the prepared file: ${record}` };
  if (record.frames !== kept.frames) {
    return { error: `${record.frames} of ${kept.frames} frames${words && `: ${words}`}` };
  }
  return { record, complaint: words.split("\n")[0] || null };
}

async function preparedRecord(
  target: string,
  { to, tools, signal }: PrepareFileOptions,
): Promise<VideoRecord | string> {
  if (to !== "video") return await indexImages(target, undefined);
  const { size, mtime } = await Deno.stat(target);
  const stamp = { path: target, size, mtimeMs: mtime?.getTime() ?? 0 };
  return await probeVideo(stamp, tools, signal);
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
function tickOf({ seek, fps, frames, images }: VideoRecord): string {
  if (images) {
    const [rate, per] = fractionOf(fps, MOST_TICKS);
    return rate > 0 ? `${per}/${rate}` : `1/${TICKS}`;
  }
  if (!seek) return `1/${TICKS}`;
  const { times, timeBase: [seconds, ticks] } = seek;
  if (!("step" in times)) return ticks <= MOST_TICKS ? `${seconds}/${ticks}` : `1/${TICKS}`;
  const [rate, per] = fractionOf(fps, MOST_TICKS);
  const all = timesOf(seek, Array.from({ length: frames }, (_, i) => i));
  const isRate = rate > 0 && haveStep(all, ticks * per / (seconds * rate));
  return isRate ? `${per}/${rate}` : `1/${TICKS}`;
}

function encoderArguments(
  source: VideoRecord,
  target: string,
  { select }: Resampling,
  { shortSide, to, fps }: PrepareFileOptions,
): string[] {
  const { width, height } = preparedSize(source, shortSide);
  const selected = select === null ? [] : [`select='${select}'`];
  const scaled = [`scale=${width}:${height}:flags=area`, "setsar=1"];
  return [
    ...["-nostdin", "-hide_banner", "-v", "error", "-y", "-threads", "1"],
    // Otherwise damage would become valid files with concealed errors; see `groupArguments`.
    ...(source.gaps ? [] : ["-xerror"]),
    ...source.images ? imageInput(source.images, source.fps || 1) : inputArguments(source.path),
    ...["-map", "0:V:0", "-an", "-sn", "-dn", "-map_metadata", "-1", "-filter_threads", "1"],
    ...["-fps_mode", "passthrough"], // the default repeats and drops frames
    ...to === "video"
      ? videoArguments(source, target, fps, (times) => [...selected, ...times, ...scaled])
      : ["-vf", [...selected, ...scaled].join(","), ...IMAGE_ENCODERS[to]],
  ];
}

/** A file for each frame, in the current folder, named as MMAction2 does by default. */
const IMAGE_ENCODERS: Readonly<Record<Exclude<PreparedForm, "video">, readonly string[]>> = {
  jpeg: [
    ...["-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p", "-threads", "1"],
    ...["-f", "image2", "-start_number", "1", "img_%05d.jpg"],
  ],
  png: [
    ...["-c:v", "png", "-pix_fmt", "rgb24", "-threads", "1"],
    ...["-f", "image2", "-start_number", "1", "img_%05d.png"],
  ],
};

function videoArguments(
  source: VideoRecord,
  target: string,
  fps: number | null,
  filters: (times: readonly string[]) => string[],
): string[] {
  const [rate, per] = fps === null ? [0, 1] : fractionOf(fps, MOST_TICKS);
  const tick = fps === null ? tickOf(source) : `${per}/${rate}`;
  const times = [`settb=${tick}`, fps === null ? ASCENDING : "setpts=N"];
  return [
    ...["-vf", filters(times).join(",")],
    ...["-enc_time_base", tick], // newer ffmpegs take that of the file, older ones round to the mean rate
    ...["-pix_fmt", "yuv420p", "-c:v", "mpeg4", "-q:v", "3", "-threads", "1"],
    // No key frames at scene cuts: they would only shift the regular ones.
    ...["-g", String(KEY_DISTANCE), "-bf", "0", "-sc_threshold", "1000000000"],
    ...["-bsf:v", DURATIONS],
    ...["-video_track_timescale", "90000", "-fflags", "+bitexact", "-f", "mp4", `file:${target}`],
  ];
}
