import { ADAMW, definePlugin, type Plugin, type UpdateRule } from "@videoms/core";

/**
 * AdamW with decoupled weight decay (Loshchilov, Hutter: arXiv 1711.05101), the default, in one pass over all weights.
 *
 * @example
 * ```ts
 * import { ADAMW } from "@videoms/core";
 * import { adamw } from "@videoms/models";
 *
 * console.assert(adamw.create({}) === ADAMW);
 * ```
 */
export const adamw: Plugin<"optimizer", Record<never, never>, UpdateRule> = definePlugin({
  kind: "optimizer",
  name: "adamw",
  summary: "AdamW with decoupled weight decay",
  defaults: {},
  create: (): UpdateRule => ADAMW,
});
