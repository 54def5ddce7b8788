import type { VideoRecord } from "../index/video_record.ts";
import { frameRaster } from "../videos/frame_raster.ts";

/** Which frames of a video are kept. */
export interface Resampling {
  /** ffmpeg's `select` expression; null for every frame. */
  readonly select: string | null;
  /** How many they are. */
  readonly frames: number;
}

/** How near numbers must be to count as the same, in frames. */
const NEAR = 1e-6;

/** The longest expression: one argument of a process has 128 KB at most on Linux. */
const MOST_CHARACTERS = 120_000;

/**
 * The frames of a video at another rate: those nearest to each 1/`fps` seconds, as clips with a target rate
 * (`data.fps`) take them. No frame is repeated, so the rate must not be above that of the video.
 *
 * @param fps frames per second; null for every frame
 * @returns why there are none, if its rate is unknown or too low
 */
export function resampling(source: VideoRecord, fps: number | null): Resampling | string {
  if (fps === null) return { select: null, frames: source.frames };
  if (!(source.fps > 0)) return "its frame rate is unknown, so it cannot be given another";
  const { length, frame } = frameRaster({ record: source, label: 0 }, fps);
  const frames = Array.from({ length }, (_, position) => frame(position));
  if (frames.some((one, i) => i > 0 && one === frames[i - 1])) {
    return `its rate is ${+source.fps.toFixed(3)} frames/s, which must not be below ${fps}`;
  }
  const select = evenSelect(source, frames, source.fps / fps) ??
    frames.map((one) => `eq(n,${one})`).join("+");
  if (select.length > MOST_CHARACTERS) return `its ${frames.length} frames come at uneven times`;
  return { select, frames: frames.length };
}

/** The frames nearest to multiples of a step, as an expression of the frame's number; null if they are others. */
function evenSelect(
  { frames: all }: VideoRecord,
  frames: readonly number[],
  step: number,
): string | null {
  const isPicked = (n: number) =>
    n === Math.ceil(Math.floor((n + 0.5 + NEAR) / step) * step - 0.5 - NEAR);
  const picked = Array.from({ length: all }, (_, n) => n).filter(isPicked);
  const areThey = picked.length === frames.length && picked.every((n, i) => n === frames[i]);
  if (!areThey) return null;
  return `eq(n,ceil(floor((n+0.5+${NEAR.toFixed(6)})/${step})*${step}-0.5-${NEAR.toFixed(6)}))`;
}
