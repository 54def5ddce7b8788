import { definePlugin, type Plugin } from "@videoms/core";
import { indexTensor } from "../strategy/index_tensor.ts";
import type { TokenSelection } from "./token_selection.ts";

/** Keeps all tokens. */
export const allTokens: Plugin<"tokens", Record<never, never>, TokenSelection> = definePlugin({
  kind: "tokens",
  name: "all",
  summary: "all tokens",
  defaults: {},
  create: (): TokenSelection => ({
    name: "all",
    needsEmbeddings: false,
    count: (grid) => grid.tokens,
    // deno-lint-ignore require-await -- the contract is asynchronous
    async select({ grid: { tokens }, batch }) {
      const row = () => Int32Array.from({ length: tokens }, (_, n) => n);
      return indexTensor(Array.from({ length: batch }, row), tokens);
    },
  }),
});
