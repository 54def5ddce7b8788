import type { RandomStream } from "@videoms/core";
import type { LabelledVideo } from "@videoms/data";
import type { FramePhase, FrameSelector } from "@videoms/masking";
import type { EncoderModel } from "../../definition/run_task.ts";

/** The fields of a task that say which frames make a clip. */
export interface ClipTask {
  readonly model: Pick<EncoderModel, "frames" | "tubeletSize" | "imageSize">;
  readonly data: { readonly samplingRate: number };
}

/** The frames of a video that a clip is drawn from. */
export function clipWindow({ record, window }: LabelledVideo): { start: number; end: number } {
  return window ?? { start: 0, end: record.frames };
}

/**
 * The frames of a clip: those that the selector chooses within the video's window.
 *
 * @param random stream of the clip
 */
export function clipFrames(
  { model, data }: ClipTask,
  selector: FrameSelector,
  video: LabelledVideo,
  phase: FramePhase,
  random: RandomStream,
): Int32Array {
  const { start, end } = clipWindow(video);
  const frames = selector.frames({
    videoFrames: end - start,
    frames: model.frames,
    tubeletSize: model.tubeletSize,
    samplingRate: data.samplingRate,
    phase,
    random: random.child("frames"),
  });
  return frames.map((frame) => frame + start);
}
