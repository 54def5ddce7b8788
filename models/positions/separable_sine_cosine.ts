import { definePlugin, type Plugin, type TokenGrid } from "@videoms/core";
import { placesOf } from "./places.ts";
import type { Positions } from "./positions.ts";

/** Options of {@linkcode separableSineCosine}. */
export interface SeparableSineCosineOptions {
  /** A third of the width for each axis (V-JEPA), or half of it for time (MAE-ST). @default true */
  uniform: boolean;
}

/** Writes sines, then cosines, of a coordinate into columns `from` … `from + columns − 1` of a row. */
function writeWaves(row: Float32Array, from: number, columns: number, place: number): void {
  const half = columns / 2;
  for (let j = 0; j < columns && from + j < row.length; j++) {
    const angle = place / 10000 ** ((j % half) / half);
    row[from + j] = j < half ? Math.sin(angle) : Math.cos(angle);
  }
}

/** The table of {@linkcode separableSineCosine}, row-major [N, width]; columns that are left over are 0. */
function separableTable(grid: TokenGrid, width: number, uniform: boolean): Float32Array {
  const third = 2 * Math.ceil(width / 6);
  const quarter = width >> 2;
  const columns = uniform ? [third, third, third] : [width - 2 * quarter, quarter, quarter];
  if (columns.some((count) => count < 2 || count % 2 !== 0)) {
    throw new RangeError(
      `Cannot build positions: the width must give each axis an even number of columns, got ${width} for ` +
        `${columns.join(" + ")}`,
    );
  }
  const table = new Float32Array(grid.tokens * width);
  for (let n = 0; n < grid.tokens; n++) {
    const row = table.subarray(n * width, (n + 1) * width);
    let from = 0;
    for (const [axis, place] of placesOf(grid, n).entries()) {
      writeWaves(row, from, columns[axis], place);
      from += columns[axis];
    }
  }
  return table;
}

/**
 * Fixed sine-cosine table of tubelet, row and column side by side, so that two tokens of a row or a tubelet share part
 * of their positions.
 *
 * @example
 * ```ts
 * import { gridOf } from "@videoms/core";
 * import { separableSineCosine } from "@videoms/models";
 *
 * const table = separableSineCosine.create({ uniform: true }).table!(gridOf(2, 2, 2), 12);
 * const row = (n: number) => table.subarray(12 * n, 12 * n + 12);
 * // Tokens 0 and 4 differ in the tubelet alone.
 * console.assert(row(0).subarray(4).join() === row(4).subarray(4).join() && row(0)[0] !== row(4)[0]);
 * ```
 */
export const separableSineCosine: Plugin<"positions", SeparableSineCosineOptions, Positions> =
  definePlugin<"positions", SeparableSineCosineOptions, Positions>({
    kind: "positions",
    name: "separable-sine-cosine",
    summary: "fixed sine-cosine table of tubelet, row and column side by side (V-JEPA, MAE-ST)",
    defaults: { uniform: true },
    help: { uniform: "a third of the width for each axis; false gives half of it to time" },
    create: ({ uniform }): Positions => ({
      name: "separable-sine-cosine",
      table: (grid, width) => separableTable(grid, width, uniform),
    }),
  });
