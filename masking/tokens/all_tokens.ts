import { indexTensor } from "../strategy/index_tensor.ts";
import type { TokenSelection } from "./token_selection.ts";

/** Keeps every token. */
export function allTokens(): TokenSelection {
  return {
    needsEmbeddings: false,
    count: (grid) => grid.tokens,
    // deno-lint-ignore require-await -- the contract is asynchronous
    async select({ grid: { tokens }, batch }) {
      const row = () => Int32Array.from({ length: tokens }, (_, n) => n);
      return indexTensor(Array.from({ length: batch }, row), tokens);
    },
  };
}
