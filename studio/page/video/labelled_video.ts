import type { LabelledVideo } from "@videoms/data/plain";
import type { OpenedVideo } from "./open_video.ts";

/** Ticks of a second, as of a file's own times. */
const TICKS = 1_000_000;

/** A video of the page as an index of video files would have it, so that clips are planned alike. */
export function labelledVideo(
  { times, fps, frames, width, height }: Pick<
    OpenedVideo,
    "times" | "fps" | "frames" | "width" | "height"
  >,
): LabelledVideo {
  const ticks = Array.from(times, (time) => Math.round(time * TICKS));
  const record = {
    ...{ path: "the video", size: 0, mtimeMs: 0, codec: "", declaredFrames: null },
    ...{ width, height, fps, frames, duration: 0 },
    seek: {
      timeBase: [1, TICKS] as const,
      startTime: 0,
      times: ticks.map((tick, i) => i === 0 ? tick : tick - ticks[i - 1]),
      keyframes: [0],
      reordered: false,
    },
  };
  return { record, label: 0 };
}

/** What is known of a video that the page decodes itself, with even times. */
export function evenlyTimed<T extends { readonly frames: number; readonly fps: number }>(
  facts: T,
): T & { readonly times: Float64Array } {
  return { ...facts, times: Float64Array.from({ length: facts.frames }, (_, i) => i / facts.fps) };
}
