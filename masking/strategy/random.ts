import { definePlugin, type Plugin } from "@videoms/core";
import { checkRatio, countHidden } from "./counts.ts";
import { drawnStrategy } from "./drawn_strategy.ts";
import type { MaskingStrategy } from "./masking_strategy.ts";

/** Options of {@linkcode random}. */
export interface RandomMaskingOptions {
  /** Share of the tokens that is hidden. @default 0.9 */
  maskRatio: number;
}

/**
 * Hides tokens drawn uniformly from the whole clip; all hidden tokens are targets.
 *
 * Source: Feichtenhofer et al., "Masked Autoencoders As Spatiotemporal Learners" (2022).
 *
 * @throws {RangeError} if `maskRatio` is not in (0, 1)
 * @example
 * ```ts
 * import { gridOf } from "@videoms/core";
 * import { random } from "@videoms/masking";
 *
 * const strategy = random.create({ maskRatio: 0.9 });
 * console.assert(strategy.counts(gridOf(8, 14, 14)).visible === 157);
 * ```
 */
export const random: Plugin<"masking", RandomMaskingOptions, MaskingStrategy> = definePlugin({
  kind: "masking",
  name: "random",
  summary: "hides tokens drawn uniformly from the whole clip",
  defaults: { maskRatio: 0.9 },
  help: { maskRatio: "share of the tokens that is hidden, in (0, 1)" },
  create: ({ maskRatio }: RandomMaskingOptions): MaskingStrategy => {
    checkRatio('masking "random"', "maskRatio", maskRatio);
    const counts: MaskingStrategy["counts"] = (grid) =>
      countHidden("random", maskRatio, grid.tokens, 1);
    return drawnStrategy({
      name: "random",
      counts,
      choose(grid, random) {
        const { visible } = counts(grid);
        const order = random.permutation(grid.tokens);
        return { visible: order.slice(0, visible), target: order.slice(visible) };
      },
    });
  },
});
