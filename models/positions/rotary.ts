import { definePlugin, type Plugin, type TokenGrid } from "@videoms/core";
import { placesOf } from "./places.ts";
import type { Positions, RotationTable } from "./positions.ts";

/** Options of {@linkcode rotary}. */
export interface RotaryOptions {
  /** The slowest wave is about this many times as long as the fastest. @default 10000 */
  base: number;
  /**
   * Whether the two values of a pair turn by the same angle, as in RoFormer. V-JEPA 2 tiles its angles over a
   * head's values instead of repeating each, and its weights need that. @default false
   */
  paired: boolean;
}

/** Values of a head that turn with each axis: three even parts, the rest is left as it is. */
function axisWidth(headWidth: number): number {
  const width = 2 * Math.floor(Math.floor(headWidth / 3) / 2);
  if (headWidth % 2 === 0 && width > 0) return width;
  throw new RangeError(
    `Cannot build rotary positions: heads must have an even width of at least 6, got ${headWidth}`,
  );
}

function rotationTable(
  grid: TokenGrid,
  headWidth: number,
  { base, paired }: RotaryOptions,
): RotationTable {
  const width = axisWidth(headWidth);
  const half = width / 2;
  const cos = new Float32Array(grid.tokens * headWidth).fill(1);
  const sin = new Float32Array(grid.tokens * headWidth);
  for (let n = 0; n < grid.tokens; n++) {
    for (const [axis, place] of placesOf(grid, n).entries()) {
      for (let j = 0; j < width; j++) {
        const wave = paired ? j >> 1 : j % half;
        const angle = place / base ** (wave / half);
        const at = n * headWidth + axis * width + j;
        cos[at] = Math.cos(angle);
        sin[at] = j % 2 === 0 ? -Math.sin(angle) : Math.sin(angle);
      }
    }
  }
  return { cos, sin };
}

/**
 * Rotary positions in three dimensions, as V-JEPA 2 has them: a third of each head of queries and keys turns with the
 * tubelet, one with the row and one with the column (Su et al.: arXiv 2104.09864; Assran et al.: arXiv 2506.09985).
 * Blocks run as single operations, which keep more for the backward pass than the fused one.
 *
 * @example
 * ```ts
 * import { gridOf } from "@videoms/core";
 * import { rotary } from "@videoms/models";
 *
 * const { cos } = rotary.create({ base: 10000, paired: false }).rotation!(gridOf(2, 2, 2), 6);
 * console.assert(cos.subarray(0, 6).every((factor) => factor === 1)); // the first token does not turn
 * console.assert(Math.abs(cos[4 * 6] - Math.cos(1)) < 1e-7); // one in the second tubelet by 1
 * ```
 */
export const rotary: Plugin<"positions", RotaryOptions, Positions> = definePlugin<
  "positions",
  RotaryOptions,
  Positions
>({
  kind: "positions",
  name: "rotary",
  summary: "queries and keys turned by tubelet, row and column (V-JEPA 2)",
  defaults: { base: 10000, paired: false },
  help: {
    base: "how many times as long the slowest wave is as the fastest, about",
    paired: "both values of a pair turn by one angle (RoFormer); false is V-JEPA 2's way",
  },
  create(options): Positions {
    if (!(options.base > 1)) {
      throw new RangeError(
        `Cannot build positions "rotary": base must be above 1, got ${options.base}`,
      );
    }
    return {
      name: "rotary",
      rotation: (grid, headWidth) => rotationTable(grid, headWidth, options),
    };
  },
});
