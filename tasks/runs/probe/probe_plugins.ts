import type { Registry } from "@videoms/core";
import type { ClipAugmentation } from "@videoms/data";
import { checkTask } from "../../definition/check_task.ts";
import type { ProbeTask } from "../../definition/probe_task.ts";

/**
 * Checks all of a probe that can be checked without its encoder and videos. Frames and tokens are
 * checked with the encoder, whose clips they must fit.
 *
 * @throws {RangeError} for a value that cannot work, also in the plugins' options
 */
export function checkProbeTask(
  task: ProbeTask,
  registry: Registry,
): { augmentation: ClipAugmentation } {
  checkTask(task, registry);
  return { augmentation: registry.create<ClipAugmentation>(task.augmentation) };
}
