import type { Registry } from "@videoms/core";
import {
  checkFields,
  checkGeometry,
  checkHeads,
  checkPlugins,
  checkPrecision,
  checkSchedule,
  refuser,
} from "./check_run.ts";
import { PRETRAIN_FIELDS } from "./pretrain_fields.ts";
import type { PretrainTask } from "./pretrain_task.ts";

/**
 * Checks a whole pre-training task, as far as neither model nor data are needed for it.
 *
 * @param registry the plugins that the run knows; leave it out to skip the plugins' options
 * @throws {RangeError} for a value that cannot work; the message names the field and the value
 * @throws {TypeError} for a field that is not known; the message names the nearest known one
 * @example
 * ```ts
 * import { checkPretrain, definePretrain } from "@videoms/tasks";
 *
 * checkPretrain(definePretrain({ epochs: 100 }));
 * ```
 */
export function checkPretrain(task: PretrainTask, registry?: Registry): void {
  const refuse = refuser("pre-train");
  checkFields(task, PRETRAIN_FIELDS, "pre-train");
  if (registry) checkPlugins(task, PRETRAIN_FIELDS, registry, refuse);
  checkGeometry(task.model, refuse);
  checkHeads(task.model, "", refuse);
  checkHeads(task.model, "decoder", refuse);
  checkSchedule(task, refuse);
  checkPrecision(task, refuse);
}
