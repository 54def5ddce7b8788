import { centreCrop, type CropBox, type FrameSize } from "../crop/crop_box.ts";
import type { FrameWindow } from "../index/frame_window.ts";

/** A video that views are planned of. */
export interface ViewedVideo extends FrameSize {
  /** Its frames. */
  readonly frames: number;
  /** The stretch that is looked at, D frames. @default the whole video */
  readonly window?: FrameWindow;
}

/** What {@linkcode testViews} is told. */
export interface TestViewsOptions {
  /** G, clips along time; 1 is the clip in the middle. */
  segments: number;
  /** C, squares along the longer side; 1 is the square in the middle. */
  crops: number;
  /** F, frames of a clip. */
  clipFrames: number;
  /** s, frames from one to the next. */
  samplingRate: number;
  /** S, side of a clip in pixels. */
  size: number;
}

/** One look at a video: which frames, and which square of them, is scaled to S by the decoder. */
export interface ClipView {
  /** From 0, along time. */
  readonly segment: number;
  /** From 0, along the longer side. */
  readonly crop: number;
  /** Frame numbers of the file, ascending; F of them. */
  readonly frames: Int32Array;
  /** The square in pixels of the source. */
  readonly box: CropBox;
}

/**
 * The views of a video whose probabilities are averaged: G clips spread over its length times C
 * squares along its longer side, segment by segment.
 *
 * Every s-th frame, from the first of the window, is a candidate, the last repeated until there are F.
 * The reference first scales the shorter side to S and then cuts; here the same square is cut from the
 * source and scaled, so that its place is off by up to half a pixel of the source.
 *
 * @throws {RangeError} if a number is not whole or below 1, or the window not in the video
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
        `Cannot plan views: ${name} must be a whole number from 1, got ${value}`,
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

/**
 * The view that validation looks at: the square in the middle of the clip in the middle.
 *
 * The reference draws validation clips by chance, so that its accuracy has noise; this is the same
 * clip every time.
 */
export function validationView(
  video: ViewedVideo,
  options: Omit<TestViewsOptions, "segments" | "crops">,
): ClipView {
  return testViews(video, { ...options, segments: 1, crops: 1 })[0];
}

function checkWindow({ start, end }: FrameWindow, frames: number): void {
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
  if (!whole || start < 0 || end <= start || end > frames) {
    throw new RangeError(
      `Cannot plan views: the window must hold frames of the video's ${frames}, got ${start} to ${end}`,
    );
  }
}

/** Every s-th frame of a window, the last repeated until there are enough for a clip. */
function candidateFrames({ start, end }: FrameWindow, samplingRate: number, least: number) {
  const count = Math.ceil((end - start) / samplingRate);
  return Array.from(
    { length: Math.max(count, least) },
    (_, i) => start + Math.min(i, count - 1) * samplingRate,
  );
}

/** The place of part `i` of `parts` spread over 0 … `free`; a single part is in the middle. */
function spreadStart(i: number, parts: number, free: number): number {
  return parts === 1 ? Math.floor(free / 2) : Math.trunc(i * (free / (parts - 1)));
}

/** The square whose side is the shorter side, moved along the longer one. */
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
