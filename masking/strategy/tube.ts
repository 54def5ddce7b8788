import { definePlugin, type Plugin } from "@videoms/core";
import { checkRatio, countHidden } from "./counts.ts";
import { drawnStrategy, firstNumbers, tokensAt } from "./drawn_strategy.ts";
import type { MaskingStrategy } from "./masking_strategy.ts";

/** Options of {@linkcode tube}. */
export interface TubeMaskingOptions {
  /** Share of the spatial positions that is hidden. @default 0.9 */
  maskRatio: number;
}

/**
 * Hides the same spatial positions in every tubelet; all hidden tokens are targets.
 *
 * Source: Tong et al., "VideoMAE" (2022).
 *
 * @throws {RangeError} if `maskRatio` is not in (0, 1)
 * @example
 * ```ts
 * import { gridOf } from "@videoms/core";
 * import { tube } from "@videoms/masking";
 *
 * const strategy = tube.create({ maskRatio: 0.9 });
 * console.assert(strategy.counts(gridOf(8, 14, 14)).visible === 160);
 * ```
 */
export const tube: Plugin<"masking", TubeMaskingOptions, MaskingStrategy> = definePlugin({
  kind: "masking",
  name: "tube",
  summary: "hides the same spatial positions in every tubelet (VideoMAE)",
  defaults: { maskRatio: 0.9 },
  help: { maskRatio: "share of the spatial positions that is hidden, in (0, 1)" },
  create: ({ maskRatio }: TubeMaskingOptions): MaskingStrategy => {
    checkRatio('masking "tube"', "maskRatio", maskRatio);
    const counts: MaskingStrategy["counts"] = (grid) =>
      countHidden("tube", maskRatio, grid.perTubelet, grid.tubelets);
    return drawnStrategy({
      name: "tube",
      counts,
      choose(grid, random) {
        const places = random.permutation(grid.perTubelet);
        const seen = counts(grid).visible / grid.tubelets;
        const always = firstNumbers(grid.tubelets);
        return {
          visible: tokensAt(places.subarray(0, seen), always, grid),
          target: tokensAt(places.subarray(seen), always, grid),
        };
      },
    });
  },
});
