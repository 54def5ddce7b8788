/**
 * Positions for VideoMS.
 *
 * @module
 */

import { definePlugin, type Plugin, type TokenGrid } from "@videoms/core";
import type { Positions } from "@videoms/models";

/** Options of {@linkcode myModule}. */
export interface MyModuleOptions {
  /** How many times longer the longest wave is than the shortest. @default 1000 */
  base: number;
}

/** A row of waves for each token, whose columns take tubelet, row and column in turns. */
function waves({ tokens, perTubelet, columns }: TokenGrid, width: number, base: number) {
  const table = new Float32Array(tokens * width);
  for (let n = 0; n < tokens; n++) {
    const inTubelet = n % perTubelet;
    const place = [
      Math.floor(n / perTubelet),
      Math.floor(inTubelet / columns),
      inTubelet % columns,
    ];
    for (let j = 0; j < width; j++) {
      table[n * width + j] = Math.sin(place[j % 3] / base ** (j / width));
    }
  }
  return table;
}

/**
 * Fixed waves over tubelet, row and column, which are added to embeddings. Change `table`; positions that are learned or
 * rotate queries and keys have `learned` or `rotation`: see `learned` and `rotary` in @videoms/models.
 */
export const myModule: Plugin<"positions", MyModuleOptions, Positions> = definePlugin({
  kind: "positions",
  name: "my-module",
  summary: "fixed waves over tubelet, row and column in turns",
  defaults: { base: 1000 },
  help: { base: "how many times longer the longest wave is than the shortest, above 1" },
  create({ base }: MyModuleOptions): Positions {
    if (!(base > 1)) {
      throw new RangeError(
        `Cannot build positions "my-module": base must be a number above 1, got ${base}`,
      );
    }
    return { name: "my-module", table: (grid, width) => waves(grid, width, base) };
  },
});
