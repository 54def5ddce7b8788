import { definePlugin, type Descriptor, type Plugin } from "@videoms/core";
import type { MaskingStrategy } from "./masking_strategy.ts";
import { requireParts } from "./require_parts.ts";

/** Options of {@linkcode several}. */
export interface SeveralMasksOptions {
  /** The strategies that mask each clip, one or more. */
  masks: readonly Descriptor<"masking">[];
}

/**
 * Several masks of each clip: each strategy masks the clip independently, and the loss is the mean over
 * masks. The clip is decoded and cut into patches once. Held-out losses and pictures use the first strategy's
 * mask.
 *
 * Source: Bardes et al., "V-JEPA" (2024), section 3.2, which uses a short-range and a long-range multi-block
 * mask on each clip.
 *
 * @throws {RangeError} if there is no strategy, or as the strategies throw
 * @example
 * ```ts
 * import { createRegistry, gridOf } from "@videoms/core";
 * import { type MaskingStrategy, multiBlock, several } from "@videoms/masking";
 *
 * const registry = createRegistry([several, multiBlock]);
 * const strategy = registry.create<MaskingStrategy>(
 *   several({ masks: [multiBlock({ area: 0.15 }), multiBlock({ area: 0.7, maskRatio: 0.9 })] }),
 * );
 * console.assert(strategy.more?.[0].counts(gridOf(8, 14, 14)).visible === 157);
 * ```
 */
export const several: Plugin<"masking", SeveralMasksOptions, MaskingStrategy> = definePlugin<
  "masking",
  SeveralMasksOptions,
  MaskingStrategy
>({
  kind: "masking",
  name: "several",
  summary: "several masks per clip, one from each strategy",
  defaults: { masks: [] },
  help: { masks: "the strategies, a list of { name, options }" },
  create({ masks }, make) {
    const [first, ...more] = requireParts("several", "masks", masks, make);
    return { ...first, name: "several", more };
  },
});
