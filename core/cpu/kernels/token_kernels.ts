import type { Tensor1D, Tensor3D } from "@tensorflow/tfjs-core";
import type { TokenKernels } from "../../ops/kernels/token_kernels.ts";
import { checkIndex } from "../check_index.ts";
import { checkShape } from "../../ops/check_shape.ts";
import type { EngineContext } from "../engine_context.ts";

/** {@linkcode TokenKernels} on the heap. */
export function tokenKernels(context: EngineContext): TokenKernels {
  const { heap, pool } = context;

  return {
    gatherRows(x, index) {
      const [batch, rows, width] = x.shape;
      const count = index.shape[1];
      checkShape("index", index, [batch, count]);
      checkIndex(context, "gather", index, rows);
      const y = heap.tensor<Tensor3D>([batch, count, width]);
      const tensors = [heap.address(x), heap.address(index), heap.address(y)] as const;
      pool.run("gatherRows", y.size, ...tensors, batch, rows, count, width);
      return y;
    },

    scatterRows(x, index, rows) {
      const [batch, count, width] = x.shape;
      checkShape("index", index, [batch, count]);
      checkIndex(context, "scatter", index, rows);
      const y = heap.tensor<Tensor3D>([batch, rows, width]);
      const tensors = [heap.address(x), heap.address(index), heap.address(y)] as const;
      pool.run("scatterRows", y.size, ...tensors, batch, rows, count, width);
      return y;
    },

    addRows(x, table, index) {
      const [batch, count, width] = x.shape;
      const rows = table.shape[0];
      checkShape("table", table, [rows, width]);
      checkShape("index", index, [batch, count]);
      checkIndex(context, "add", index, rows);
      const y = heap.tensor<Tensor3D>(x.shape);
      const inputs = [heap.address(x), 0, heap.address(table), heap.address(index)] as const;
      pool.run("placeRows", y.size, ...inputs, heap.address(y), batch, count, 0, count, width);
      return y;
    },

    decoderTokens(known, token, table, visible, target) {
      const [batch, kept, width] = known.shape;
      const [rows, hidden] = [table.shape[0], target.shape[1]];
      checkShape("token", token, [width]);
      checkShape("table", table, [rows, width]);
      checkShape("visible", visible, [batch, kept]);
      checkShape("target", target, [batch, hidden]);
      for (const index of [visible, target]) checkIndex(context, "place", index, rows);
      const all = kept + hidden;
      const y = heap.tensor<Tensor3D>([batch, all, width]);
      const [atTable, atY] = [heap.address(table), heap.address(y)];
      const first = [heap.address(known), 0, atTable, heap.address(visible)] as const;
      pool.run("placeRows", known.size, ...first, atY, batch, kept, 0, all, width);
      const second = [heap.address(token), 1, atTable, heap.address(target)] as const;
      pool.run("placeRows", y.size, ...second, atY, batch, hidden, kept, all, width);
      return y;
    },

    decoderTokensGradients(dy, known) {
      const [batch, tokens, width] = dy.shape;
      const dKnown = heap.tensor<Tensor3D>([batch, known, width]);
      const dToken = heap.tensor<Tensor1D>([width]);
      const from = [heap.address(dy), tokens, 0] as const;
      const to = [heap.address(dKnown), known, 0] as const;
      pool.run("copyTokens", dKnown.size, ...from, ...to, batch, known, width);
      const sum = heap.address(dToken);
      pool.run("columnSums", dy.size, heap.address(dy), sum, batch, tokens, known, width);
      return { dKnown, dToken };
    },

    tokensFrom(x, from) {
      const [batch, tokens, width] = x.shape;
      const rest = tokens - from;
      const y = heap.tensor<Tensor3D>([batch, rest, width]);
      const source = [heap.address(x), tokens, from] as const;
      pool.run("copyTokens", y.size, ...source, heap.address(y), rest, 0, batch, rest, width);
      return y;
    },

    tokensFromGradient(dy, from) {
      const [batch, rest, width] = dy.shape;
      const tokens = from + rest;
      const dx = heap.tensor<Tensor3D>([batch, tokens, width]);
      const [source, target] = [heap.address(dy), heap.address(dx)];
      pool.run("copyTokens", dx.size, 0, 0, 0, target, tokens, 0, batch, from, width);
      pool.run("copyTokens", dx.size, source, rest, 0, target, tokens, from, batch, rest, width);
      return dx;
    },
  };
}
