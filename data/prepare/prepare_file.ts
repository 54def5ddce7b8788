import type { FrameSize } from "../crop/crop_box.ts";
import { probeVideo } from "../index/probe_video.ts";
import type { VideoRecord } from "../index/video_record.ts";
import type { Ffmpeg } from "../process/find_ffmpeg.ts";
import { inputArguments } from "../process/input_arguments.ts";
import { runProcess } from "../process/run_process.ts";

/** Frames from key frame to key frame: what decoding of a clip may have to begin before it. */
const KEY_DISTANCE = 16;

/** Milliseconds a process may take to start and to open its file. */
const START_MS = 60_000;

/** Milliseconds a frame may take to decode, shrink and encode. */
const FRAME_MS = 200;

/** Milliseconds in which an interrupt that has reached ffmpeg reaches this process too. */
const INTERRUPT_MS = 200;

/** How {@linkcode prepareFile} works. */
export interface PrepareFileOptions {
  /** Pixels of the shorter side at most; even. */
  shortSide: number;
  tools: Ffmpeg;
  signal?: AbortSignal;
}

/** A file that was written, and what the decoder said of its source, or why there is none. */
export type PreparedVideo =
  | { readonly record: VideoRecord; readonly complaint: string | null }
  | { readonly error: string };

/**
 * Size of a prepared video: the shorter side at most `shortSide`, never enlarged, both sides even.
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
 * Writes a video anew so that clips are quick to cut out of it: small, a key frame every 16 frames, no
 * frames out of order, every frame at its time. The file is checked to have as many frames as its source;
 * a source that decoding stumbles over fails.
 *
 * MPEG-4 Part 2 decodes several times as fast as H.264 of this quality does and is nearly as small.
 *
 * @param target the new file; whatever is there is overwritten, and removed if the source fails
 * @throws {Error} if the disk is full, which is no fault of the video
 * @throws the reason of `signal`; nothing is left at `target`
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
  const { code, timedOut, complaint } = await runProcess(
    tools.ffmpeg,
    encoderArguments(source, target, shortSide),
    { timeoutMs: START_MS + FRAME_MS * source.frames, signal },
  );
  const words = complaint.trim();
  const full = words.split("\n").find(isDiskFull);
  if (full !== undefined) throw new Error(`${target}: ${full}`);
  if (timedOut) return { error: "ffmpeg took too long" };
  if (code !== 0 || (source.gaps && words !== "")) {
    // Ctrl-C reaches ffmpeg as well, perhaps first, and is no fault of the file.
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

/** Whether words of ffmpeg or of the system say that nothing more can be written. */
export function isDiskFull(words: string): boolean {
  return /No space left on device|Disk quota exceeded/i.test(words);
}

/** Times of some containers, such as MXF with B-frames of H.264, go back, which no encoder takes. */
const ASCENDING = "setpts='if(lte(PTS,PREV_OUTPTS),PREV_OUTPTS+1,PTS)'";

/** The finest ticks that the encoder takes, in ticks per second. */
const FINEST_TICKS = 65_535;

/** Keeps uneven times, such as the delays of a GIF, which would be rounded to the mean rate. */
function timeBaseArguments({ seek }: VideoRecord): string[] {
  if (!seek || "step" in seek.times || seek.timeBase[1] > FINEST_TICKS) return [];
  return ["-enc_time_base", seek.timeBase.join("/")];
}

function encoderArguments(source: VideoRecord, target: string, shortSide: number): string[] {
  const { width, height } = preparedSize(source, shortSide);
  return [
    ...["-nostdin", "-hide_banner", "-v", "error", "-y", "-threads", "1"],
    // Damaged stretches would become sound files of what ffmpeg made up; see `groupArguments`.
    ...(source.gaps ? [] : ["-xerror"]),
    ...inputArguments(source.path),
    ...["-map", "0:V:0", "-an", "-sn", "-dn", "-map_metadata", "-1", "-filter_threads", "1"],
    ...["-vf", `${ASCENDING},scale=${width}:${height}:flags=area,setsar=1`],
    ...["-fps_mode", "passthrough"], // the default repeats and drops frames
    ...timeBaseArguments(source),
    ...["-pix_fmt", "yuv420p", "-c:v", "mpeg4", "-q:v", "3", "-threads", "1"],
    // No key frames at cuts: they would only shift the raster.
    ...["-g", String(KEY_DISTANCE), "-bf", "0", "-sc_threshold", "1000000000"],
    ...["-video_track_timescale", "90000", "-fflags", "+bitexact", "-f", "mp4", `file:${target}`],
  ];
}
