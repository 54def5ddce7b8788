import { tokenGrid } from "@videoms/core";
import { cube, matrix, type OpCase, opCase, type OpSizes, spread, vector } from "./op_case.ts";

/** Gathering, scattering and placing of tokens. */
export function tokenCases({ geometry, batch, tokens, width }: OpSizes): OpCase[] {
  const all = tokenGrid(geometry).tokens;
  const some = (name: string) => cube([batch, tokens, width], name);
  const twice = (name: string) => cube([batch, 2 * tokens, width], name);
  const index = () => spread(batch, tokens, all);
  return [
    opCase(
      "gather tokens",
      () => [cube([batch, all, width], "x"), index()],
      (k, [x, at]) => [k.gatherRows(x, at)],
    ),
    opCase(
      "scatter tokens",
      () => [some("x"), index()],
      (k, [x, at]) => [k.scatterRows(x, at, all)],
    ),
    opCase(
      "add positions",
      () => [some("x"), matrix(all, width, "table"), index()],
      (k, [x, table, at]) => [k.addRows(x, table, at)],
    ),
    opCase(
      "tokens of a decoder",
      () => [some("known"), vector(width, "token"), matrix(all, width, "table"), index()],
      (k, [known, token, table, at]) => [k.decoderTokens(known, token, table, at, at)],
    ),
    opCase("gradients of the tokens of a decoder", () => [twice("dy")], (k, [dy]) => {
      const { dKnown, dToken } = k.decoderTokensGradients(dy, tokens);
      return [dKnown, dToken];
    }),
    opCase("last tokens", () => [twice("x")], (k, [x]) => [k.tokensFrom(x, tokens)]),
    opCase("gradient of last tokens", () => [some("dy")], (k, [dy]) => [
      k.tokensFromGradient(dy, tokens),
    ]),
  ];
}
