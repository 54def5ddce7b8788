import { centreCrop, type CropBox, type FrameSize } from "../crop/crop_box.ts";
import type { FrameWindow } from "../index/frame_window.ts";

/** A video to plan views for. */
export interface ViewedVideo extends FrameSize {
  /** Its frames. */
  readonly frames: number;
  /** The window to take views from, D frames. @default the whole video */
  readonly window?: FrameWindow;
}

/** Options of {@linkcode testViews}. */
export interface TestViewsOptions {
  /** G, temporal segments; 1 for the centre clip. */
  segments: number;
  /** C, spatial crops along the longer side; 1 for the centre crop. */
  crops: number;
  /** F, frames of a clip. */
  clipFrames: number;
  /** s, sampling rate. */
  samplingRate: number;
  /** S, side of a clip in pixels. */
  size: number;
}

/** A view of a video: the frames, and the square crop that the decoder scales to S. */
export interface ClipView {
  /** Segment along time, from 0. */
  readonly segment: number;
  /** Crop along the longer side, from 0. */
  readonly crop: number;
  /** F frame numbers of the file, ascending. */
  readonly frames: Int32Array;
  /** The square crop in source pixels. */
  readonly box: CropBox;
}

/**
 * Plans the views of a video over which probabilities are averaged: G temporal segments times C spatial
 * crops, segment by segment.
 *
 * Every s-th frame from the start of the window is a candidate; the last one is repeated until there are F.
 * The reference scales the shorter side to S and then crops; here the same square is cropped from the source
 * and scaled, which shifts it by up to half a source pixel.
 *
 * @throws {RangeError} if a number is not whole or below 1, or the window is not in the video
 * @example
 * ```ts
 * import { testViews } from "@videoms/data";
 *
 * const video = { frames: 92, width: 320, height: 224 };
 * const geometry = { clipFrames: 16, samplingRate: 4, size: 224 };
 * const views = testViews(video, { segments: 5, crops: 3, ...geometry });
 * console.assert(views.map(({ box }) => box.x).slice(0, 3).join() === "0,48,96");
 * ```
 */
export function testViews(video: ViewedVideo, options: TestViewsOptions): ClipView[] {
  const { segments, crops, clipFrames, samplingRate, size } = options;
  const numbers = { segments, crops, clipFrames, samplingRate, size };
  for (const [name, value] of Object.entries({ ...numbers, frames: video.frames })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(
        `Cannot prepare views: ${name} must be a whole number from 1, got ${value}`,
      );
    }
  }
  const window = video.window ?? { start: 0, end: video.frames };
  checkWindow(window, video.frames);
  const candidates = candidateFrames(window, samplingRate, clipFrames);
  const views: ClipView[] = [];
  for (let segment = 0; segment < segments; segment++) {
    const start = spreadStart(segment, segments, candidates.length - clipFrames);
    const frames = Int32Array.from(candidates.slice(start, start + clipFrames));
    for (let crop = 0; crop < crops; crop++) {
      views.push({ segment, crop, frames, box: square(video, crop, crops, size) });
    }
  }
  return views;
}

function checkWindow({ start, end }: FrameWindow, frames: number): void {
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
  if (!whole || start < 0 || end <= start || end > frames) {
    throw new RangeError(
      `Cannot prepare views: the window must hold frames of the video's ${frames}, got ${start} to ${end}`,
    );
  }
}

/** Every s-th frame of a window; the last one is repeated until there are enough for a clip. */
function candidateFrames({ start, end }: FrameWindow, samplingRate: number, least: number) {
  const count = Math.ceil((end - start) / samplingRate);
  return Array.from(
    { length: Math.max(count, least) },
    (_, i) => start + Math.min(i, count - 1) * samplingRate,
  );
}

/** The offset of part `i` of `parts` spread over 0 … `free`; a single part is centred. */
function spreadStart(i: number, parts: number, free: number): number {
  return parts === 1 ? Math.floor(free / 2) : Math.trunc(i * (free / (parts - 1)));
}

/** The square with the shorter side, shifted along the longer one. */
function square(frame: FrameSize, crop: number, crops: number, size: number): CropBox {
  if (crops === 1) return centreCrop(frame);
  const side = Math.min(frame.width, frame.height);
  const longer = Math.max(frame.width, frame.height);
  const scaledLonger = Math.trunc(longer * size / side);
  const scaledStart = spreadStart(crop, crops, scaledLonger - size);
  const start = Math.min(longer - side, Math.round(scaledStart * side / size));
  const along = frame.height >= frame.width ? { x: 0, y: start } : { x: start, y: 0 };
  return { ...along, width: side, height: side };
}
