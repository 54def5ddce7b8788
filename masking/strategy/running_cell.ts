import { definePlugin, type Plugin, type TokenGrid } from "@videoms/core";
import { checkRatio, countHidden } from "./counts.ts";
import { drawnStrategy, firstNumbers, tokensAt } from "./drawn_strategy.ts";
import type { MaskingStrategy } from "./masking_strategy.ts";

/** Options of {@linkcode runningCell}. */
export interface RunningCellOptions {
  /** Share of the spatial positions that is hidden from the encoder. @default 0.9 */
  maskRatio: number;
  /** Share of each cell that is not reconstructed either: 0.25, 0.5 or 0.75. @default 0.5 */
  skipRatio: number;
}

/** Positions in a 2 × 2 cell. */
const CELL = 4;

/** Tubelets in which every position is reconstructed, whatever the phase. */
function sureTubelets(tubelets: number, skipped: number): number {
  const rest = tubelets % CELL;
  return Math.floor(tubelets / CELL) * (CELL - skipped) + Math.max(0, rest - skipped);
}

/** Index of a position in its cell, row by row. */
function placeInCell(place: number, { columns }: TokenGrid): number {
  return Math.floor(place / columns) % 2 * 2 + place % columns % 2;
}

/**
 * Tubelets in which a position is reconstructed: the cell's pattern, `skipped` ones and then zeros, shifts by
 * one position per tubelet, and zeros are reconstructed.
 */
function tubeletsOf(place: number, phase: number, skipped: number, grid: TokenGrid): number[] {
  const inCell = placeInCell(place, grid);
  return Array.from(firstNumbers(grid.tubelets))
    .filter((t) => (inCell + phase + t + 1) % CELL >= skipped)
    .slice(0, sureTubelets(grid.tubelets, skipped));
}

function checkSkipRatio(skipRatio: number): number {
  const skipped = Math.trunc(CELL * skipRatio);
  if (skipped < 1 || skipped >= CELL) {
    throw new RangeError(
      `Cannot build masking "running-cell": skipRatio must be at least 0.25 and below 1, got ${skipRatio}`,
    );
  }
  return skipped;
}

/**
 * Dual masking: the encoder sees tubes, and the decoder reconstructs only part of the rest. That part is
 * given by a 2 × 2 cell whose pattern shifts from tubelet to tubelet, so that every hidden position is
 * reconstructed some of the time.
 *
 * If 4 does not divide the number of tubelets, the pattern reaches some positions more often; their last
 * times are dropped, so that every clip has the same number of targets.
 *
 * Source: Wang et al., "VideoMAE V2" (2023), section 3.2. There the decoder also gets mask tokens at
 * positions that the encoder saw, which the loss ignores; here it does not.
 *
 * @throws {RangeError} if `maskRatio` is not in (0, 1), or `skipRatio` not in [0.25, 1)
 * @example
 * ```ts
 * import { gridOf } from "@videoms/core";
 * import { runningCell } from "@videoms/masking";
 *
 * const strategy = runningCell.create({ maskRatio: 0.9, skipRatio: 0.5 });
 * const { visible, target } = strategy.counts(gridOf(8, 14, 14));
 * console.assert(visible === 160 && target === 704);
 * ```
 */
export const runningCell: Plugin<"masking", RunningCellOptions, MaskingStrategy> = definePlugin({
  kind: "masking",
  name: "running-cell",
  summary: "encodes tubes and reconstructs a moving part of the rest (VideoMAE V2's dual masking)",
  defaults: { maskRatio: 0.9, skipRatio: 0.5 },
  help: {
    maskRatio: "share of the spatial positions that is hidden from the encoder, in (0, 1)",
    skipRatio: "share of each 2 x 2 cell that is not reconstructed: 0.25, 0.5 or 0.75",
  },
  create: ({ maskRatio, skipRatio }: RunningCellOptions): MaskingStrategy => {
    checkRatio('masking "running-cell"', "maskRatio", maskRatio);
    const skipped = checkSkipRatio(skipRatio);
    const counts: MaskingStrategy["counts"] = (grid) => {
      const { rows, columns, tubelets, perTubelet } = grid;
      if (rows % 2 !== 0 || columns % 2 !== 0) {
        throw new RangeError(
          `Cannot run masking "running-cell": cells of 2 x 2 must tile the grid, got ${rows} x ${columns}`,
        );
      }
      const times = sureTubelets(tubelets, skipped);
      if (times < 1) {
        throw new RangeError(
          `Cannot run masking "running-cell": skipRatio must leave a target token, got ${skipRatio} ` +
            `for ${tubelets} tubelets`,
        );
      }
      const places = countHidden("running-cell", maskRatio, perTubelet, 1);
      return { visible: places.visible * tubelets, target: places.target * times };
    };
    return drawnStrategy({
      name: "running-cell",
      counts,
      choose(grid, random) {
        const seen = counts(grid).visible / grid.tubelets;
        const phase = random.integer(CELL);
        const places = random.permutation(grid.perTubelet);
        const target = Array.from(
          places.subarray(seen),
          (place) => [...tokensAt([place], tubeletsOf(place, phase, skipped, grid), grid)],
        );
        return {
          visible: tokensAt(places.subarray(0, seen), firstNumbers(grid.tubelets), grid),
          target: Int32Array.from(target.flat()),
        };
      },
    });
  },
});
