import type { RandomStream } from "@videoms/core";
import { centreCrop, type ClipPlan, multiScaleCrop, type PlanClip } from "@videoms/data";
import type { FramePhase, FrameSelector } from "@videoms/masking";
import type { PretrainTask } from "../task/pretrain_task.ts";
import { clipFrames } from "../training/clip_frames.ts";

/** How clips of a task are planned: which frames are decoded and which box is cut out. */
export function clipPlan(task: PretrainTask, selector: FrameSelector, phase: FramePhase): PlanClip {
  const { model, data } = task;
  return (video, random: RandomStream): ClipPlan => ({
    frames: clipFrames(task, selector, video, phase, random),
    crop: phase === "train" && data.crop === "multi-scale"
      ? multiScaleCrop(video.record, model.imageSize, random.child("crop"))
      : centreCrop(video.record),
  });
}
