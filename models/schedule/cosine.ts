import { COSINE, definePlugin, type Plugin, type Schedule } from "@videoms/core";

/**
 * The learning rate falls by half a cosine wave (Loshchilov, Hutter: arXiv 1608.03983), the default.
 *
 * @example
 * ```ts
 * import { COSINE } from "@videoms/core";
 * import { cosine } from "@videoms/models";
 *
 * console.assert(cosine.create({}) === COSINE);
 * ```
 */
export const cosine: Plugin<"schedule", Record<never, never>, Schedule> = definePlugin({
  kind: "schedule",
  name: "cosine",
  summary: "half a cosine wave to optimizer.minLr",
  defaults: {},
  create: (): Schedule => COSINE,
});
