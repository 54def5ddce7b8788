import type { ClipGeometry, RandomStream } from "@videoms/core";
import { type FrameRaster, frameRaster, type LabelledVideo } from "@videoms/data/plain";
import type { FramePhase, FrameSelector, FrameView } from "@videoms/masking";

/** The fields of a task that say which frames make a clip. */
export interface ClipTask {
  readonly model: Pick<ClipGeometry, "frames" | "tubeletSize" | "imageSize">;
  readonly data: { readonly samplingRate: number; readonly fps?: number | null };
}

/** The frames of a video that clips are drawn from. */
export function clipRaster({ data: { fps = null } }: ClipTask, video: LabelledVideo): FrameRaster {
  return frameRaster(video, fps);
}

/**
 * The frames of a clip: those that the selector chooses within the video's window.
 *
 * @param random stream of the clip
 */
export function clipFrames(
  task: ClipTask,
  selector: FrameSelector,
  video: LabelledVideo,
  phase: FramePhase,
  random: RandomStream,
): Int32Array {
  const raster = clipRaster(task, video);
  return chosenPositions(task, selector, raster.length, phase, random).map(raster.frame);
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
