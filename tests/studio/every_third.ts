/** A strategy and a token selection of a user's own, for tests of pages that they are bundled into. */

import { definePlugin, type Plugin } from "@videoms/core";
import {
  drawnStrategy,
  type MaskingStrategy,
  motionCentricTokens,
  type TokenSelection,
} from "@videoms/masking";

/** Options of {@linkcode everyThird}. */
export interface EveryThirdOptions {
  /** The token that begins. */
  offset: number;
}

/** Every third token is visible, all others are targets. */
export const everyThird: Plugin<"masking", EveryThirdOptions, MaskingStrategy> = definePlugin({
  kind: "masking",
  name: "every-third",
  summary: "every third token is visible",
  defaults: { offset: 0 },
  help: { offset: "the token that begins, 0 to 2" },
  create: ({ offset }): MaskingStrategy => {
    if (![0, 1, 2].includes(offset)) {
      throw new RangeError(
        `Cannot build masking "every-third": offset must be 0, 1 or 2, got ${offset}`,
      );
    }
    return drawnStrategy({
      name: "every-third",
      counts: ({ tokens }) => {
        const visible = Math.ceil((tokens - offset) / 3);
        return { visible, target: tokens - visible };
      },
      choose: ({ tokens }) => {
        const all = Array.from({ length: tokens }, (_, token) => token);
        const isVisible = (token: number) => token >= offset && (token - offset) % 3 === 0;
        return {
          visible: Int32Array.from(all.filter(isVisible)),
          target: Int32Array.from(all.filter((token) => !isVisible(token))),
        };
      },
    });
  },
});

/** A classifier sees the quarter of the tokens that moves most. */
export const livelyQuarter: Plugin<"tokens", Record<never, never>, TokenSelection> = definePlugin({
  kind: "tokens",
  name: "lively-quarter",
  summary: "the quarter of the tokens that moves most",
  defaults: {},
  create: (): TokenSelection => ({
    ...motionCentricTokens.create({ ...motionCentricTokens.defaults, dropRatio: 0.75 }),
    name: "lively-quarter",
  }),
});
