/**
 * A masking strategy for VideoMS.
 *
 * @module
 */

import { definePlugin, type Plugin } from "@videoms/core";
import { checkRatio, countHidden, drawnStrategy, type MaskingStrategy } from "@videoms/masking";

/** Options of {@linkcode myModule}. */
export interface MyModuleOptions {
  /** Share of the tokens that is hidden. @default 0.75 */
  maskRatio: number;
}

/**
 * Shows a checkerboard's worth of a clip: tokens whose place and time add up to an even number come
 * first, in an order drawn by chance. Change `choose` to show others; hidden tokens are the targets.
 *
 * A strategy that looks at the clip takes token embeddings or patches: see `motionCentric` and
 * `frameDifference` in @videoms/masking.
 */
export const myModule: Plugin<"masking", MyModuleOptions, MaskingStrategy> = definePlugin({
  kind: "masking",
  name: "my-module",
  summary: "shows tokens of a checkerboard first",
  defaults: { maskRatio: 0.75 },
  help: { maskRatio: "share of the tokens that is hidden, in (0, 1)" },
  create({ maskRatio }: MyModuleOptions): MaskingStrategy {
    checkRatio('masking "my-module"', "maskRatio", maskRatio);
    const counts: MaskingStrategy["counts"] = (grid) =>
      countHidden("my-module", maskRatio, grid.tokens, 1);
    return drawnStrategy({
      name: "my-module",
      counts,
      choose(grid, random) {
        const isEven = (token: number) => {
          const [tubelet, place] = [Math.floor(token / grid.perTubelet), token % grid.perTubelet];
          return (tubelet + Math.floor(place / grid.columns) + place % grid.columns) % 2 === 0;
        };
        // Sorting is stable, so that the order within either colour stays one of chance.
        const tokens = random.permutation(grid.tokens)
          .sort((a, b) => Number(isEven(b)) - Number(isEven(a)));
        const { visible } = counts(grid);
        return { visible: tokens.slice(0, visible), target: tokens.slice(visible) };
      },
    });
  },
});
