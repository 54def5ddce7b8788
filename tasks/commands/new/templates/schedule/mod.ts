/**
 * A schedule of the learning rate for VideoMS.
 *
 * @module
 */

import { definePlugin, type Plugin, type Schedule } from "@videoms/core";

/** Options of {@linkcode myModule}. */
export interface MyModuleOptions {
  /** Exponent of the share that is left; 1 falls in a straight line. @default 2 */
  power: number;
}

/**
 * The learning rate falls with a power of the share of steps that is left. Change `left`, which is 1 after the warm-up and
 * says how much is left of the way to `optimizer.minLr` when a share of the other steps is done.
 */
export const myModule: Plugin<"schedule", MyModuleOptions, Schedule> = definePlugin({
  kind: "schedule",
  name: "my-module",
  summary: "a power of the steps that are left",
  defaults: { power: 2 },
  help: { power: "exponent of the share that is left, above 0" },
  create({ power }: MyModuleOptions): Schedule {
    if (!(power > 0)) {
      throw new RangeError(
        `Cannot build schedule "my-module": power must be above 0, got ${power}`,
      );
    }
    return { name: "my-module", left: (done) => (1 - done) ** power };
  },
});
