import type { Ffmpeg } from "../process/find_ffmpeg.ts";
import { runFfmpeg } from "../process/run_ffmpeg.ts";

/** Maximum number of videos per ffmpeg process; the list of their ends is one argument of limited length. */
const VIDEOS_PER_PROCESS = 4096;

/** Time limit per video, after which ffmpeg is considered stuck, in milliseconds. */
const VIDEO_MS = 10_000;

/** Options of {@linkcode encodeVideos}. */
export interface EncodeVideosOptions {
  /** Existing folder for `00000.mp4`, `00001.mp4`, … */
  folder: string;
  /** Number of videos. */
  count: number;
  /** Side of the frames in pixels; even. */
  size: number;
  /** Frames per video. */
  frames: number;
  /** Frames per second. */
  fps: number;
  /** Renders a video, uint8 RGB [T, H, W, 3]. */
  render: (index: number) => Uint8Array<ArrayBuffer>;
  tools: Ffmpeg;
  onVideo?: (done: number) => void;
  signal?: AbortSignal;
}

/**
 * Writes many short videos of equal length with one ffmpeg process and the segment muxer, since a process per
 * video would take longer. The same pixels give the same bytes.
 *
 * @throws {Error} if ffmpeg fails
 * @throws the signal's reason
 */
export async function encodeVideos(options: EncodeVideosOptions): Promise<void> {
  const { count, folder, tools, render, onVideo, signal } = options;
  for (let first = 0; first < count; first += VIDEOS_PER_PROCESS) {
    const end = Math.min(count, first + VIDEOS_PER_PROCESS);
    const { code, complaint, timedOut } = await runFfmpeg(
      tools.ffmpeg,
      segmentArguments(options, first, end - first),
      {
        // The name pattern is relative to the folder, whose own name may contain a "%".
        cwd: folder,
        timeoutMs: 60_000 + VIDEO_MS * (end - first),
        signal,
        async writeInput(input) {
          for (let index = first; index < end; index++) {
            signal?.throwIfAborted();
            await input.write(render(index));
            onVideo?.(index + 1);
          }
        },
      },
    );
    if (code !== 0 || timedOut) {
      throw new Error(
        `Cannot write videos: ffmpeg must end without an error, got ` +
          (timedOut ? "no end" : complaint.trim() || `code ${code}`),
      );
    }
  }
}

function segmentArguments(options: EncodeVideosOptions, first: number, count: number): string[] {
  const { size, frames, fps } = options;
  const ends = Array.from({ length: count }, (_, i) => frames * (i + 1));
  return [
    ...["-nostdin", "-hide_banner", "-v", "error", "-y"],
    ...["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${size}x${size}`, "-r", String(fps)],
    ...["-i", "pipe:0"],
    // MPEG-4 part 2 is part of every ffmpeg build, and decodes fast.
    ...["-threads", "1", "-c:v", "mpeg4", "-q:v", "3", "-g", "16", "-bf", "0"],
    ...["-pix_fmt", "yuv420p", "-force_key_frames", `expr:eq(mod(n,${frames}),0)`],
    // Without version and time stamps the bytes depend on the pixels alone.
    ...["-flags:v", "+bitexact", "-fflags", "+bitexact"],
    ...["-f", "segment", "-segment_format", "mp4", "-segment_format_options", "fflags=+bitexact"],
    ...["-segment_frames", ends.join(","), "-reset_timestamps", "1"],
    ...["-segment_start_number", String(first), "%05d.mp4"],
  ];
}
