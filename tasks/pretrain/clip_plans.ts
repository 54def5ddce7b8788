import type { RandomStream } from "@videoms/core";
import { centreCrop, type ClipPlan, multiScaleCrop, type PlanClip } from "@videoms/data";
import type { FrameSelector } from "@videoms/masking";
import type { PretrainTask } from "../task/pretrain_task.ts";
import type { Phase } from "./batch_selection.ts";

/** How clips of a task are planned: which frames are decoded and which box is cut out. */
export function clipPlan(task: PretrainTask, selector: FrameSelector, phase: Phase): PlanClip {
  const { model, data } = task;
  return (video, random: RandomStream): ClipPlan => ({
    frames: selector.frames({
      videoFrames: video.frames,
      frames: model.frames,
      tubeletSize: model.tubeletSize,
      samplingRate: data.samplingRate,
      phase,
      random: random.child("frames"),
    }),
    crop: phase === "train" && data.crop === "multi-scale"
      ? multiScaleCrop(video, model.imageSize, random.child("crop"))
      : centreCrop(video),
  });
}
