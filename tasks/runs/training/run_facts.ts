import type { Device } from "@videoms/core";
import type { RunTask } from "../../definition/run_task.ts";
import type { RunVideos } from "@videoms/data";

/** The run folder of a task. */
export function runFolderOf(task: Pick<RunTask, "name" | "out">): string {
  return task.out ?? `runs/${task.name}`;
}

/** What `task.json` says beside the task. */
export function runFacts(
  device: Device,
  { train, heldOut, unreadable, shared }: RunVideos,
): Record<string, string | number> {
  return {
    device: device.description,
    trainVideos: train.length,
    heldOutVideos: heldOut.length,
    unreadableVideos: unreadable.length,
    sharedVideos: shared,
  };
}
