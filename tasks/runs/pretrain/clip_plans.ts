import { centreCrop, type PlanClip } from "@videoms/data";
import type { FrameSelector } from "@videoms/masking";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import { clipFrames } from "../videos/clip_frames.ts";
import type { ClipRecipe } from "../loader/loader_job.ts";

/** How training clips of a task are planned. */
export function trainRecipe(task: PretrainTask): ClipRecipe {
  return { clip: task, frames: task.frames, crop: task.data.crop };
}

/** How held-out clips of a task are planned: nothing is left to chance. */
export function heldOutPlan(task: PretrainTask, selector: FrameSelector): PlanClip {
  return (video, random) => ({
    frames: clipFrames(task, selector, video, "test", random),
    crop: centreCrop(video.record),
  });
}
