/**
 * A token selection for VideoMS.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { definePlugin, type Plugin, type TokenGrid } from "@videoms/core";
import type { TokenSelection } from "@videoms/masking";

/** Options of {@linkcode myModule}. */
export interface MyModuleOptions {
  /** Of so many tokens one is kept. @default 2 */
  every: number;
}

/**
 * Keeps every so-manieth token of a clip. Change `count` and `select` together; a selection that looks at the clip has
 * `needsEmbeddings`: see `motionCentricTokens` in @videoms/masking.
 */
export const myModule: Plugin<"tokens", MyModuleOptions, TokenSelection> = definePlugin({
  kind: "tokens",
  name: "my-module",
  summary: "one of so many tokens",
  defaults: { every: 2 },
  help: { every: "of so many tokens one is kept, a whole number from 1" },
  create({ every }: MyModuleOptions): TokenSelection {
    if (!Number.isSafeInteger(every) || every < 1) {
      throw new RangeError(
        `Cannot build tokens "my-module": every must be a whole number from 1, got ${every}`,
      );
    }
    const count = (grid: TokenGrid) => Math.ceil(grid.tokens / every);
    return {
      name: "my-module",
      needsEmbeddings: false,
      count,
      // deno-lint-ignore require-await -- the contract is asynchronous
      async select({ grid, batch }) {
        const kept = Array.from({ length: count(grid) }, (_, i) => i * every);
        const rows = Array.from({ length: batch }, () => kept);
        return tf.tensor2d(rows, [batch, kept.length], "int32");
      },
    };
  },
});
