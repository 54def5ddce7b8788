import { definePlugin, type Plugin, type Schedule } from "@videoms/core";

/**
 * The learning rate stays what it is after the warm-up.
 *
 * @example
 * ```ts
 * import { constant } from "@videoms/models";
 *
 * console.assert(constant.create({}).left(0.5) === 1);
 * ```
 */
export const constant: Plugin<"schedule", Record<never, never>, Schedule> = definePlugin({
  kind: "schedule",
  name: "constant",
  summary: "the learning rate stays, and optimizer.minLr has no effect",
  defaults: {},
  create: (): Schedule => ({ name: "constant", left: () => 1 }),
});
