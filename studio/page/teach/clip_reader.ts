import type { ClipGeometry } from "@videoms/core";
import { randomStream } from "@videoms/core/plain";
import type { FrameSelector } from "@videoms/masking";
import type { TakenFrames } from "../parts/taken_frames.ts";
import { labelledVideo } from "../video/labelled_video.ts";
import type { OpenedVideo } from "../video/open_video.ts";
import { clipFrames, clipRaster } from "../views/mod.ts";
import type { TaughtClip } from "./taught_clip.ts";
import type { StageTask } from "./teach_settings.ts";

/** Frames that are kept of a clip at most, in multiples of those that the network sees. */
const KEPT = 3;

/** How clips are read. */
export interface ClipReading {
  readonly geometry: ClipGeometry;
  readonly task: Pick<StageTask, "data">;
  readonly selector: FrameSelector;
}

/** Frame numbers of a video that are needed, by what for. */
interface ClipNumbers {
  readonly candidates: Int32Array;
  readonly tested: Int32Array;
  /** All of them, ascending. */
  readonly all: Int32Array;
}

/** The frames of a video that a page keeps: some over the whole of it, and those that commands test it by. */
export function clipNumbers(
  video: Parameters<typeof labelledVideo>[0],
  { geometry, task: { data }, selector }: ClipReading,
): ClipNumbers {
  const clip = { model: geometry, data };
  const labelled = labelledVideo(video);
  const tested = clipFrames(clip, selector, labelled, "test", randomStream(0, "unused"));
  const { length, frame } = clipRaster(clip, labelled);
  const count = Math.min(length, KEPT * selector.candidateFrames(geometry));
  const candidates = Int32Array.from(
    { length: count },
    (_, i) => frame(Math.floor((i + 0.5) * length / count)),
  );
  return { candidates, tested, all: Int32Array.from(new Set([...candidates, ...tested])).sort() };
}

/** The clip that decoded frames make. */
export function takenClip(
  { candidates, tested }: ClipNumbers,
  { numbers, pixels }: TakenFrames,
  { imageSize: size }: ClipGeometry,
): Pick<TaughtClip, "candidates" | "tested"> {
  const bytes = size * size * 3;
  const place = new Map(Array.from(numbers, (number, i) => [number, i]));
  const pick = (wanted: Int32Array) => {
    const own = new Uint8Array(wanted.length * bytes);
    wanted.forEach((number, i) => {
      const from = place.get(number)! * bytes;
      own.set(pixels.subarray(from, from + bytes), i * bytes);
    });
    return own;
  };
  const { length: frames } = candidates;
  return {
    candidates: { pixels: pick(candidates), frames, height: size, width: size },
    tested: pick(tested),
  };
}

/**
 * Reads a clip of an opened video.
 *
 * @throws {Error} if the video is damaged: a sentence
 */
export async function readTaughtClip(
  video: OpenedVideo,
  reading: ClipReading,
  options: Parameters<OpenedVideo["clip"]>[2],
): Promise<Pick<TaughtClip, "candidates" | "tested">> {
  const numbers = clipNumbers(video, reading);
  const { imageSize } = reading.geometry;
  const pixels = await video.clip(numbers.all, imageSize, options);
  return takenClip(numbers, { numbers: numbers.all, pixels }, reading.geometry);
}
