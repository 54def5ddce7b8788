import { definePlugin, type Plugin, type TokenGrid } from "@videoms/core";
import { checkRatio, countHidden } from "./counts.ts";
import { checkStreams, indexTensor } from "./index_tensor.ts";
import type { MaskingStrategy } from "./masking_strategy.ts";

/** Options of {@linkcode tube}. */
export interface TubeMaskingOptions {
  /** Share of the places of a tubelet that is hidden. @default 0.9 */
  maskRatio: number;
}

/** Token indices of the given places (patches of one tubelet) in every tubelet. */
function throughTime(places: Int32Array, { tubelets, perTubelet }: TokenGrid): Int32Array {
  const tokens = new Int32Array(tubelets * places.length);
  for (let it = 0; it < tubelets; it++) {
    for (let i = 0; i < places.length; i++) {
      tokens[it * places.length + i] = it * perTubelet + places[i];
    }
  }
  return tokens;
}

/**
 * Hides the same places in every tubelet; all hidden tokens are targets.
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
  summary: "hides the same places in every tubelet",
  defaults: { maskRatio: 0.9 },
  help: { maskRatio: "share of the places that is hidden, in (0, 1)" },
  create: ({ maskRatio }: TubeMaskingOptions): MaskingStrategy => {
    checkRatio('masking "tube"', "maskRatio", maskRatio);
    const counts: MaskingStrategy["counts"] = (grid) =>
      countHidden("tube", maskRatio, grid.perTubelet, grid.tubelets);
    return {
      name: "tube",
      needsEmbeddings: false,
      counts,
      // deno-lint-ignore require-await -- throws become rejections, as the contract says
      async select({ grid, batch, random }) {
        checkStreams(random, batch);
        const { visible, target } = counts(grid);
        const visiblePlaces = visible / grid.tubelets;
        const orders = random.map((stream) => stream.permutation(grid.perTubelet));
        const tokens = (from: number, to?: number) =>
          orders.map((order) => throughTime(order.subarray(from, to), grid));
        return {
          visible: indexTensor(tokens(0, visiblePlaces), visible),
          target: indexTensor(tokens(visiblePlaces), target),
        };
      },
    };
  },
});
