import type { Plugin, PluginOptions, Schedule } from "@videoms/core";
import {
  type ConformanceCheck,
  descriptorChecks,
  type PluginCheckOptions,
  productOf,
  requireThat,
} from "@videoms/core/testing";

/**
 * Checks that any schedule must pass: it starts at the base and stays between it and the final value, and has a plain JSON
 * descriptor.
 *
 * @example In a test file of a module that exports `mySchedule`
 * ```ts
 * import { scheduleChecks } from "@videoms/models/testing";
 * import { stableDecay as mySchedule } from "@videoms/models";
 *
 * for (const { name, run } of scheduleChecks(mySchedule, { impossible: [{ decay: 0 }] })) {
 *   Deno.test({ name, fn: run });
 * }
 * ```
 */
export function scheduleChecks<Options extends PluginOptions>(
  plugin: Plugin<"schedule", Options, Schedule>,
  settings: PluginCheckOptions<Options> = {},
): ConformanceCheck[] {
  return [
    ...descriptorChecks(plugin, settings),
    {
      name: `schedule "${plugin.name}" starts at the base and stays between it and the final value`,
      // deno-lint-ignore require-await -- throws become rejections, as the contract says
      async run() {
        const { left } = productOf<Schedule>(plugin, settings);
        requireThat(left(0) === 1, "it must start at the base", left(0));
        const shares = Array.from({ length: 101 }, (_, i) => left(i / 100));
        const outside = shares.find((share) => !(share >= 0 && share <= 1));
        requireThat(outside === undefined, "it must stay within [0, 1]", outside);
      },
    },
  ];
}
