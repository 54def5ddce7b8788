import type { Registry } from "@videoms/core";
import type { ClipAugmentation } from "@videoms/data";
import { probeGrid, ProbeHeads, type StackOptions } from "@videoms/models";
import { checkTask } from "../../definition/check_task.ts";
import type { ProbeTask } from "../../definition/probe_task.ts";

/**
 * Checks all of a probe that can be checked without its encoder and videos. Frames and tokens are
 * checked with the encoder, whose clips they must fit.
 *
 * @throws {RangeError} for a value that cannot work, also in the plugins' options
 */
export function checkProbeTask(task: ProbeTask, registry: Registry): void {
  checkTask(task, registry);
  registry.create<ClipAugmentation>(task.augmentation);
}

/**
 * The heads of a task on an encoder.
 *
 * @throws {RangeError} if the attention heads do not divide the encoder's width
 */
export function probeHeadsOf(
  { heads }: Pick<ProbeTask, "heads">,
  encoder: Pick<StackOptions, "width" | "heads">,
  classes: number,
): ProbeHeads {
  return new ProbeHeads({
    width: encoder.width,
    classes,
    attentiveHeads: heads.attentiveHeads ?? encoder.heads,
    heads: probeGrid(heads),
  });
}
