import { definePlugin, type Plugin } from "@videoms/core";
import { checkRatio, countHidden } from "./counts.ts";
import { drawnStrategy, firstNumbers } from "./drawn_strategy.ts";
import type { MaskingStrategy } from "./masking_strategy.ts";

/** Options of {@linkcode causal}. */
export interface CausalMaskingOptions {
  /** Share of the tubelets, the last ones, that is hidden. @default 0.5 */
  maskRatio: number;
}

/**
 * Encodes the beginning of a clip and hides what follows: the future is predicted from the past.
 * Deterministic; all hidden tokens are targets.
 *
 * Source: Bardes et al., "V-JEPA" (2024), section 5.3 and appendix, causal masks.
 *
 * @throws {RangeError} if `maskRatio` is not in (0, 1)
 * @example
 * ```ts
 * import { gridOf } from "@videoms/core";
 * import { causal } from "@videoms/masking";
 *
 * const { visible } = causal.create({ maskRatio: 0.5 }).counts(gridOf(8, 14, 14));
 * console.assert(visible === 784);
 * ```
 */
export const causal: Plugin<"masking", CausalMaskingOptions, MaskingStrategy> = definePlugin({
  kind: "masking",
  name: "causal",
  summary: "encodes the first tubelets and hides those that follow",
  defaults: { maskRatio: 0.5 },
  help: { maskRatio: "share of the tubelets, the last ones, that is hidden, in (0, 1)" },
  create: ({ maskRatio }: CausalMaskingOptions): MaskingStrategy => {
    checkRatio('masking "causal"', "maskRatio", maskRatio);
    const counts: MaskingStrategy["counts"] = (grid) =>
      countHidden("causal", maskRatio, grid.tubelets, grid.perTubelet);
    return drawnStrategy({
      name: "causal",
      counts,
      choose(grid) {
        const tokens = firstNumbers(grid.tokens);
        const { visible } = counts(grid);
        return { visible: tokens.slice(0, visible), target: tokens.slice(visible) };
      },
    });
  },
});
