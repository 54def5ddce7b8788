import { randomStream } from "@videoms/core";
import { centreCrop, type ClipView, type LabelledVideo, testViews } from "@videoms/data";
import type { FrameSelector } from "@videoms/masking";
import { clipFrames, type ClipTask, clipWindow } from "./clip_frames.ts";

/** Plans the views of a video. */
export type PlanViews = (video: LabelledVideo) => ClipView[];

/** Outside training nothing is left to chance; selectors are handed a stream all the same. */
const UNUSED = randomStream(0, "unused");

/** The square in the middle of the clip that the selector chooses outside training. */
export function centreView(task: ClipTask, selector: FrameSelector): PlanViews {
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
 * evenly over the video, each of consecutive frames at the task's rate, in which a two-stage selector
 * finds its candidates.
 */
export function evaluationViews(
  task: ClipTask,
  selector: FrameSelector,
  { segments, crops }: ViewCounts,
): PlanViews {
  const { model: { frames, imageSize }, data: { samplingRate } } = task;
  const options = { segments, crops, clipFrames: frames, samplingRate, size: imageSize };
  return (video) => {
    const { record, window } = video;
    const views = testViews({ ...record, window }, options);
    if (segments === 1) {
      const chosen = clipFrames(task, selector, video, "test", UNUSED);
      return views.map((view) => ({ ...view, frames: chosen }));
    }
    if (!selector.narrow) return views;
    return views.map((view) => ({ ...view, frames: candidates(task, selector, video, view) }));
  };
}

/** The frames that a two-stage selector wants to see of the stretch that a view covers. */
function candidates(
  task: ClipTask,
  selector: FrameSelector,
  video: LabelledVideo,
  { frames }: ClipView,
): Int32Array {
  const start = frames[0];
  const end = Math.min(clipWindow(video).end, start + task.model.frames * task.data.samplingRate);
  return clipFrames(task, selector, { ...video, window: { start, end } }, "test", UNUSED);
}
