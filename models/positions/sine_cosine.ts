import { definePlugin, type Plugin } from "@videoms/core";
import { positionTable } from "./position_table.ts";
import type { Positions } from "./positions.ts";

/** The positions of {@linkcode sineCosine}. */
export const SINE_COSINE: Positions = {
  name: "sine-cosine",
  table: ({ tokens }, width) => positionTable(tokens, width),
};

/**
 * Fixed sine-cosine table over the flattened token index, the positions of VideoMAE and the default.
 *
 * @example
 * ```ts
 * import { gridOf } from "@videoms/core";
 * import { positionTable, sineCosine } from "@videoms/models";
 *
 * const table = sineCosine.create({}).table!(gridOf(2, 3, 3), 8);
 * console.assert(table.join() === positionTable(18, 8).join());
 * ```
 */
export const sineCosine: Plugin<"positions", Record<never, never>, Positions> = definePlugin({
  kind: "positions",
  name: "sine-cosine",
  summary: "fixed sine-cosine table over the flattened token index (VideoMAE)",
  defaults: {},
  create: (): Positions => SINE_COSINE,
});
