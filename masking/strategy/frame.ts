import { definePlugin, type Plugin } from "@videoms/core";
import { checkRatio, countHidden } from "./counts.ts";
import { drawnStrategy, firstNumbers, tokensAt } from "./drawn_strategy.ts";
import type { MaskingStrategy } from "./masking_strategy.ts";

/** Options of {@linkcode frame}. */
export interface FrameMaskingOptions {
  /** Share of the tubelets that is hidden. @default 0.875 */
  maskRatio: number;
}

/**
 * Hides randomly drawn whole tubelets, so that a hidden position can only be predicted from other times; all
 * hidden tokens are targets.
 *
 * Source: Tong et al., "VideoMAE" (2022), section 4.3, which compares it with tubes.
 *
 * @throws {RangeError} if `maskRatio` is not in (0, 1)
 * @example
 * ```ts
 * import { gridOf } from "@videoms/core";
 * import { frame } from "@videoms/masking";
 *
 * const { visible } = frame.create({ maskRatio: 0.875 }).counts(gridOf(8, 14, 14));
 * console.assert(visible === 196);
 * ```
 */
export const frame: Plugin<"masking", FrameMaskingOptions, MaskingStrategy> = definePlugin({
  kind: "masking",
  name: "frame",
  summary: "hides whole tubelets",
  defaults: { maskRatio: 0.875 },
  help: { maskRatio: "share of the tubelets that is hidden, in (0, 1)" },
  create: ({ maskRatio }: FrameMaskingOptions): MaskingStrategy => {
    checkRatio('masking "frame"', "maskRatio", maskRatio);
    const counts: MaskingStrategy["counts"] = (grid) =>
      countHidden("frame", maskRatio, grid.tubelets, grid.perTubelet);
    return drawnStrategy({
      name: "frame",
      counts,
      choose(grid, random) {
        const order = random.permutation(grid.tubelets);
        const seen = counts(grid).visible / grid.perTubelet;
        const everywhere = firstNumbers(grid.perTubelet);
        return {
          visible: tokensAt(everywhere, order.subarray(0, seen), grid),
          target: tokensAt(everywhere, order.subarray(seen), grid),
        };
      },
    });
  },
});
