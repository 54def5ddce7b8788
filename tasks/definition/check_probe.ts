import type { Registry } from "@videoms/core";
import { checkFields, checkPlugins, checkPrecision, checkSchedule, refuser } from "./check_run.ts";
import { PROBE_FIELDS } from "./probe_fields.ts";
import type { ProbeTask } from "./probe_task.ts";

/**
 * Checks a whole probe, as far as neither encoder nor data are needed for it.
 *
 * @param registry the plugins that the run knows; leave it out to skip the plugins' options
 * @throws {RangeError} for a value that cannot work; the message names the field and the value
 * @throws {TypeError} for a field that is not known; the message names the nearest known one
 * @example
 * ```ts
 * import { checkProbe, defineProbe } from "@videoms/tasks";
 *
 * checkProbe(defineProbe({ heads: { kinds: ["linear"] }, batch: 16 }));
 * ```
 */
export function checkProbe(task: ProbeTask, registry?: Registry): void {
  const refuse = refuser("probe");
  checkFields(task, PROBE_FIELDS, "probe");
  if (registry) checkPlugins(task, PROBE_FIELDS, registry, refuse);
  checkSchedule(task, refuse);
  checkPrecision(task, refuse);
  const { clipGradient, emaDecay } = task.optimizer;
  if (clipGradient !== null) {
    refuse(
      "optimizer.clipGradient must be null, since a norm over all heads would let them influence " +
        `each other, got ${clipGradient}`,
    );
  }
  if (emaDecay !== null) {
    refuse(`optimizer.emaDecay must be null, since probes keep no average, got ${emaDecay}`);
  }
}
