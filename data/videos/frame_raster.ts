import { timesOf } from "../index/seek_table.ts";
import type { VideoRecord } from "../index/video_record.ts";
import type { LabelledVideo } from "../loader/clip_batch.ts";

/** The frames that clips of a video are drawn from, by position. */
export interface FrameRaster {
  /** Number of positions, at least 1. */
  readonly length: number;
  /** The frame of the file at a position from 0. Ascending; a frame may be at several positions. */
  frame(position: number): number;
}

/** When frames are displayed, in seconds from the first one: evenly, or each and the end of the last one. */
type FrameTimes = { readonly step: number } | readonly number[];

/** Times that differ by less, in steps, are the same. */
const TOLERANCE = 1e-6;

/**
 * Where frame selectors and test views look for the frames of a clip: at each frame of the video's window, or,
 * at a target rate, every 1/`fps` seconds from the window's first frame on, at the frame that is displayed
 * nearest to that time. So videos of different rates, and of uneven times, give clips of the same times.
 *
 * The times of uneven frames are those of the index; where it has none, the mean rate holds.
 *
 * @param fps positions per second; null for each frame
 * @throws {RangeError} if there is a target rate and the rate of the video is unknown
 * @example
 * ```ts
 * import { frameRaster, indexVideos } from "@videoms/data";
 *
 * const [entry] = await indexVideos(Deno.args.slice(0, 1));
 * if (entry && "record" in entry) {
 *   const { length, frame } = frameRaster({ record: entry.record, label: 0 }, 10);
 *   console.log(Array.from({ length }, (_, i) => frame(i))); // a frame for each tenth of a second
 * }
 * ```
 */
export function frameRaster({ record, window }: LabelledVideo, fps: number | null): FrameRaster {
  const { start, end } = window ?? { start: 0, end: record.frames };
  if (fps === null) return { length: end - start, frame: (position) => start + position };
  const times = frameTimes(record);
  if ("step" in times) {
    const steps = 1 / (fps * times.step); // frames from position to position
    return {
      length: Math.max(1, Math.ceil((end - start) / steps - TOLERANCE)),
      frame: (position) => Math.min(end - 1, start + Math.ceil(position * steps - 0.5 - TOLERANCE)),
    };
  }
  const frames = nearestFrames(times.slice(start, end + 1), fps);
  return { length: frames.length, frame: (position) => start + frames[position] };
}

function frameTimes({ path, seek, fps, frames, duration, images }: VideoRecord): FrameTimes {
  const [n, d] = seek?.timeBase ?? [0, 1];
  if (seek && !("step" in seek.times)) {
    const ticks = timesOf(seek, Array.from({ length: frames }, (_, i) => i));
    const seconds = ticks.map((time) => (time - ticks[0]) * n / d);
    const last = seconds[frames - 1];
    const longest = seconds.reduce(
      (gap, time, i) => Math.max(gap, time - (seconds[i - 1] ?? 0)),
      0,
    );
    // The file may be longer than its video: sound goes on.
    const end = duration > last ? Math.min(duration, last + longest) : last + last / (frames - 1);
    return [...seconds, end];
  }
  if (seek && "step" in seek.times && seek.times.step > 0) return { step: seek.times.step * n / d };
  if (fps > 0) return { step: 1 / fps };
  throw new RangeError(
    `Cannot prepare clips of ${path}: for a target rate (data.fps) its frame rate must be known, got none` +
      (images ? "; state that of the images (--image-fps, imageFps of lists)" : ""),
  );
}

/**
 * The frames nearest to evenly spaced times from the first one on, the earlier one on ties.
 *
 * @param seconds times of the frames, and the end of the last one
 */
function nearestFrames(seconds: readonly number[], fps: number): number[] {
  const last = seconds.length - 2;
  const length = Math.max(1, Math.ceil((seconds[last + 1] - seconds[0]) * fps - TOLERANCE));
  let frame = 0;
  return Array.from({ length }, (_, position) => {
    const time = seconds[0] + position / fps;
    const half = (a: number, b: number) => (a + b) / 2 + TOLERANCE / fps;
    while (frame < last && time > half(seconds[frame], seconds[frame + 1])) frame++;
    return frame;
  });
}
