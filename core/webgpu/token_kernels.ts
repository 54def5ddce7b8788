import { checkShape } from "../ops/check_shape.ts";
import type { TokenKernels } from "../ops/kernels/token_kernels.ts";
import type { GpuQueue } from "./gpu_queue.ts";
import { decoderTokensGradients } from "./tokens/decoder_gradients.ts";
import { computeRows, type RowOperation } from "./row_shader.ts";
import { scatterRows } from "./tokens/scatter_rows.ts";

const gather: RowOperation = {
  key: "gather",
  inputs: [["xs", "vectors"], ["index", "numbers"]],
  uniforms: ["sourceRows"],
  code: "  return xs[(sample * u.sourceRows + index[row]) * WIDTH + column];",
};

const add: RowOperation = {
  key: "add",
  inputs: [["xs", "vectors"], ["table", "vectors"], ["index", "numbers"]],
  uniforms: [],
  code: "  return xs[i] + table[index[row] * WIDTH + column];",
};

const decoder: RowOperation = {
  key: "decoder",
  inputs: [
    ["known", "vectors"],
    ["token", "vectors"],
    ["table", "vectors"],
    ["visible", "numbers"],
    ["hidden", "numbers"],
  ],
  uniforms: ["knownRows"],
  code: `
  if (place < u.knownRows) {
    let at = sample * u.knownRows + place;
    return known[at * WIDTH + column] + table[visible[at] * WIDTH + column];
  }
  let at = sample * (u.rows - u.knownRows) + place - u.knownRows;
  return token[column] + table[hidden[at] * WIDTH + column];`,
};

const tail: RowOperation = {
  key: "tail",
  inputs: [["xs", "vectors"]],
  uniforms: ["skipped"],
  code: "  return xs[(sample * (u.rows + u.skipped) + place + u.skipped) * WIDTH + column];",
};

const zerosThen: RowOperation = {
  key: "zeros then",
  inputs: [["dys", "vectors"]],
  uniforms: ["skipped"],
  code: `
  if (place < u.skipped) { return Vector(); }
  return dys[(sample * (u.rows - u.skipped) + place - u.skipped) * WIDTH + column];`,
};

/**
 * {@linkcode TokenKernels} on the GPU, one dispatch each, except for the gradients of decoder tokens, which
 * take two. Indices are not checked: one beyond its table reads other values or zeros.
 */
export function tokenKernels(queue: GpuQueue): TokenKernels {
  return {
    gatherRows(x, index) {
      const [batch, rows, width] = x.shape;
      const kept = index.shape[1];
      checkShape("index", index, [batch, kept]);
      return computeRows(queue, gather, [x, index], [rows], [batch, kept, width]);
    },

    scatterRows(x, index, rows) {
      checkShape("index", index, [x.shape[0], x.shape[1]]);
      return scatterRows(queue, x, index, rows);
    },

    addRows(x, table, index) {
      const [batch, kept, width] = x.shape;
      checkShape("index", index, [batch, kept]);
      checkShape("table", table, [table.shape[0], width]);
      return computeRows(queue, add, [x, table, index], [], x.shape);
    },

    decoderTokens(known, token, table, visible, target) {
      const [batch, kept, width] = known.shape;
      const hidden = target.shape[1];
      checkShape("token", token, [width]);
      checkShape("table", table, [table.shape[0], width]);
      checkShape("visible", visible, [batch, kept]);
      checkShape("target", target, [batch, hidden]);
      const inputs = [known, token, table, visible, target];
      return computeRows(queue, decoder, inputs, [kept], [batch, kept + hidden, width]);
    },

    decoderTokensGradients: (dy, known) => decoderTokensGradients(queue, dy, known),

    tokensFrom(x, from) {
      const [batch, rows, width] = x.shape;
      return computeRows(queue, tail, [x], [from], [batch, rows - from, width]);
    },

    tokensFromGradient(dy, from) {
      const [batch, rows, width] = dy.shape;
      return computeRows(queue, zerosThen, [dy], [from], [batch, rows + from, width]);
    },
  };
}
