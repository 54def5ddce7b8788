import { randomStream } from "@videoms/core/plain";
import { centreCrop, type ClipView, type LabelledVideo, testViews } from "@videoms/data/plain";
import type { FrameView } from "@videoms/masking";
import {
  chosenPositions,
  clipFrames,
  clipRaster,
  type ClipTask,
  selectorOf,
  taskOfVideo,
  type VideoSelector,
} from "./clip_frames.ts";

/** Plans the views of a video. */
export type PlanViews = (video: LabelledVideo) => ClipView[];

/** Outside training nothing is left to chance; selectors are handed a stream all the same. */
const UNUSED = randomStream(0, "unused");

/** The square in the middle of the clip that the selector chooses outside training. */
export function centreView(task: ClipTask, selector: VideoSelector): PlanViews {
  return (video) => [{
    segment: 0,
    crop: 0,
    frames: clipFrames(task, selector, video, "test", UNUSED),
    box: centreCrop(video.record),
  }];
}

/** How many views a video is scored by. */
export interface ViewCounts {
  /** Clips along time. */
  segments: number;
  /** Windows along the longer side. */
  crops: number;
}

/**
 * The views of an evaluation. A single segment is the clip that the selector chooses; several lie
 * evenly over the video, each of consecutive frames at the task's rate, unless the selector finds frames of its own
 * there or in the whole video.
 */
export function evaluationViews(
  task: ClipTask,
  given: VideoSelector,
  { segments, crops }: ViewCounts,
): PlanViews {
  const { model: { frames, imageSize } } = task;
  return (video) => {
    const own = taskOfVideo(task, video);
    const selector = selectorOf(given, video);
    const { samplingRate } = own.data;
    const options = { segments, crops, clipFrames: frames, samplingRate, size: imageSize };
    const { length, frame } = clipRaster(task, video);
    const positions = (start: number, end: number, of?: FrameView) =>
      chosenPositions(own, selector, end - start, "test", UNUSED, of).map((at) => start + at);
    const isWhole = segments === 1 || selector.views === "video";
    const isOwn = selector.narrow !== undefined || selector.views === "stretch";
    return testViews({ ...video.record, frames: length }, options).map((view) => {
      const { segment: index, frames: [start] } = view;
      const chosen = isWhole
        ? positions(0, length, { index, count: segments })
        : isOwn
        ? positions(start, Math.min(length, start + frames * samplingRate))
        : view.frames;
      return { ...view, frames: chosen.map(frame) };
    });
  };
}
