import type { ClipGeometry, RandomStream, Registry } from "@videoms/core";
import {
  type ClipSet,
  type FrameRaster,
  frameRaster,
  type LabelledVideo,
} from "@videoms/data/plain";
import type { FramePhase, FrameSelector, FrameView } from "@videoms/masking";

/** The fields of a task that say which frames make a clip. */
export interface ClipTask {
  readonly model: Pick<ClipGeometry, "frames" | "tubeletSize" | "imageSize">;
  readonly data: { readonly samplingRate: number; readonly fps?: number | null };
}

/** A frame selector for all videos, or for each of a mix of data sets. */
export type VideoSelector = FrameSelector | ((video: LabelledVideo) => FrameSelector);

/** The frame selector of a video. */
export function selectorOf(selector: VideoSelector, video: LabelledVideo): FrameSelector {
  return typeof selector === "function" ? selector(video) : selector;
}

/** A task with the rates that the video's set has of its own, in a mix of data sets. */
export function taskOfVideo(task: ClipTask, { set }: LabelledVideo): ClipTask {
  if (!set) return task;
  const { samplingRate = task.data.samplingRate, fps = task.data.fps } = set;
  return { model: task.model, data: { samplingRate, fps } };
}

/**
 * The frame selector of each video: its set's own in a mix of data sets that have some, else the task's.
 *
 * @throws {RangeError} when it is asked for a video whose set has a selector with another number of frames, or of two
 * stages
 */
export function videoSelector(
  registry: Registry,
  { model }: ClipTask,
  selector: FrameSelector,
): (video: LabelledVideo) => FrameSelector {
  const own = new Map<ClipSet, FrameSelector>();
  return ({ set }) => {
    if (!set?.frames) return selector;
    const known = own.get(set);
    if (known) return known;
    const made = registry.create<FrameSelector>(set.frames);
    const [wanted, given] = [selector, made].map((one) => one.candidateFrames(model));
    if (given !== wanted || made.narrow || selector.narrow) {
      throw new RangeError(
        `Cannot mix data sets: the frame selectors of the task and of set "${set.name}" must choose as many ` +
          `frames in one stage each, got ${selector.name} (${wanted}) and ${made.name} (${given})`,
      );
    }
    own.set(set, made);
    return made;
  };
}

/** The frames of a video that clips are drawn from. */
export function clipRaster(task: ClipTask, video: LabelledVideo): FrameRaster {
  return frameRaster(video, taskOfVideo(task, video).data.fps ?? null);
}

/**
 * The frames of a clip: those that the selector chooses within the video's window.
 *
 * @param random stream of the clip
 */
export function clipFrames(
  task: ClipTask,
  selector: VideoSelector,
  video: LabelledVideo,
  phase: FramePhase,
  random: RandomStream,
): Int32Array {
  const { length, frame } = clipRaster(task, video);
  const own = taskOfVideo(task, video);
  return chosenPositions(own, selectorOf(selector, video), length, phase, random).map(frame);
}

/**
 * The positions among `videoFrames` that the selector chooses.
 *
 * @param view which of several clips of an evaluation it is
 */
export function chosenPositions(
  { model: { frames, tubeletSize }, data: { samplingRate } }: ClipTask,
  selector: FrameSelector,
  videoFrames: number,
  phase: FramePhase,
  random: RandomStream,
  view?: FrameView,
): Int32Array {
  const request = { videoFrames, frames, tubeletSize, samplingRate, phase, view };
  return selector.frames({ ...request, random: random.child("frames") });
}
