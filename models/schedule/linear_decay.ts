import { definePlugin, type Plugin, type Schedule } from "@videoms/core";

/**
 * The learning rate falls by as much with every step, as in the cool-down of a run that starts from the weights of another.
 *
 * @example
 * ```ts
 * import { linearDecay } from "@videoms/models";
 *
 * console.assert(linearDecay.create({}).left(0.25) === 0.75);
 * ```
 */
export const linearDecay: Plugin<"schedule", Record<never, never>, Schedule> = definePlugin({
  kind: "schedule",
  name: "linear",
  summary: "a straight line to optimizer.minLr",
  defaults: {},
  create: (): Schedule => ({ name: "linear", left: (done) => 1 - done }),
});
