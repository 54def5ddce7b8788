/**
 * An augmentation of clips for VideoMS.
 *
 * @module
 */

import { definePlugin, type Plugin } from "@videoms/core";
import { type ClipAugmentation, horizontalFlip } from "@videoms/data";

/** Options of {@linkcode myModule}. */
export interface MyModuleOptions {
  /** Probability that a clip is mirrored. @default 0.5 */
  flip: number;
}

/** What {@linkcode myModule} is. */
export type MyModulePlugin = Plugin<"augmentation", MyModuleOptions, ClipAugmentation>;

/**
 * The largest square of the frames at a drawn place, mirrored or not. All that is drawn goes into the plan, so that a clip
 * is the same after a resume; `apply` draws nothing.
 */
export const myModule: MyModulePlugin = definePlugin({
  kind: "augmentation",
  name: "my-module",
  summary: "a square at a drawn place, mirrored or not",
  defaults: { flip: 0.5 },
  help: { flip: "probability that a clip is mirrored, 0 to 1" },
  create({ flip }: MyModuleOptions): ClipAugmentation {
    if (!(flip >= 0 && flip <= 1)) {
      throw new RangeError(
        `Cannot build augmentation "my-module": flip must be 0 to 1, got ${flip}`,
      );
    }
    return {
      plan({ width, height }, size, random) {
        const side = Math.min(width, height);
        const x = random.integer(width - side + 1);
        const y = random.integer(height - side + 1);
        return {
          decode: { crop: { x, y, width: side, height: side }, size },
          box: null, // the decoder crops
          operations: [],
          size,
          flip: random.uniform() < flip,
          erase: null,
        };
      },
      apply: (clip, plan) => plan.flip ? horizontalFlip(clip) : clip,
    };
  },
});
