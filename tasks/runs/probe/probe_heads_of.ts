import { probeGrid, ProbeHeads } from "@videoms/models";
import type { StackOptions } from "@videoms/models";
import type { ProbeTask } from "../../definition/probe_task.ts";

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
