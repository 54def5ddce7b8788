import { type Part, shareOf } from "./parts.ts";
import type { Core } from "./core.ts";
import type { Matrix } from "./multiply.ts";

/** Number of queries processed at once, which bounds scratch memory for long clips. */
export const QUERY_BLOCK = 512;

/** Stride of score rows: a whole number of vectors. */
export function scoreStride(tokens: number): number {
  return (tokens + 3) & ~3;
}

/** Bytes of scratch memory for one part of attention or its gradient. */
export function attentionScratchBytes(tokens: number): number {
  return 2 * 4 * scoreStride(tokens) * Math.min(tokens, QUERY_BLOCK);
}

/** One head's matrices: rows of q, k and v within packed rows of 3D values. */
interface Head {
  q: Matrix;
  k: Matrix;
  v: Matrix;
}

/** The head that starts at a column of packed rows of three times `width`. */
function headAt(at: number, width: number): Head {
  const stride = 3 * width;
  const [q, k, v] = [0, 1, 2].map((third) => ({ at: at + 4 * third * width, stride }));
  return { q, k, v };
}

/** The rows of a matrix starting at `row`. */
function rowsFrom(matrix: Matrix, row: number): Matrix {
  return { ...matrix, at: matrix.at + 4 * row * matrix.stride };
}

function transposed(matrix: Matrix): Matrix {
  return { ...matrix, transposed: true };
}

/** Addresses of a head, by its index among the heads of all samples. */
function placesOf(index: number, heads: number, tokens: number, width: number) {
  const [sample, head] = [Math.floor(index / heads), index % heads];
  const plain = sample * tokens * width + head * width / heads;
  return { packed: 4 * (plain + 2 * sample * tokens * width), plain: 4 * plain };
}

/**
 * y [batch, tokens, width], the attention of qkv [batch, tokens, 3 · width]. Queries, keys and values are
 * read in place, without transposition.
 *
 * @param probabilities [batch, heads, tokens, stride], or 0 to discard them
 * @param statistics [batch, heads, tokens, 2], maximum score and inverse sum of each row
 * @param scratch of {@linkcode attentionScratchBytes} for each part
 */
export function attention(
  core: Core,
  part: Part,
  qkv: number,
  y: number,
  probabilities: number,
  statistics: number,
  scratch: number,
  batch: number,
  heads: number,
  tokens: number,
  width: number,
): void {
  const stride = scoreStride(tokens);
  const headWidth = width / heads;
  const own = scratch + part.index * attentionScratchBytes(tokens);
  const { begin, end } = shareOf(batch * heads, 1, part);
  for (let index = begin; index < end; index++) {
    const { packed, plain } = placesOf(index, heads, tokens, width);
    const { q, k, v } = headAt(qkv + packed, width);
    const mixed = { at: y + plain, stride: width };
    for (let first = 0; first < tokens; first += QUERY_BLOCK) {
      const m = Math.min(QUERY_BLOCK, tokens - first);
      const row = index * tokens + first;
      const scores = { at: probabilities ? probabilities + 4 * row * stride : own, stride };
      core.multiply({ m, n: tokens, k: headWidth }, rowsFrom(q, first), transposed(k), scores);
      const sums = statistics + 8 * row;
      core.simd.softmax(scores.at, sums, m, tokens, stride, headWidth ** -0.5);
      core.multiply({ m, n: headWidth, k: tokens }, scores, v, rowsFrom(mixed, first));
    }
  }
}

/**
 * dQkv, the gradient of {@linkcode attention} for dy. Without probabilities they are recomputed from the
 * statistics.
 */
export function attentionGradient(
  core: Core,
  part: Part,
  qkv: number,
  dy: number,
  dQkv: number,
  probabilities: number,
  statistics: number,
  scratch: number,
  batch: number,
  heads: number,
  tokens: number,
  width: number,
): void {
  const stride = scoreStride(tokens);
  const headWidth = width / heads;
  const scale = headWidth ** -0.5;
  const own = scratch + part.index * attentionScratchBytes(tokens);
  const { begin, end } = shareOf(batch * heads, 1, part);
  for (let index = begin; index < end; index++) {
    const { packed, plain } = placesOf(index, heads, tokens, width);
    const { q, k, v } = headAt(qkv + packed, width);
    const { q: dq, k: dk, v: dv } = headAt(dQkv + packed, width);
    const gradient = { at: dy + plain, stride: width };
    for (let first = 0; first < tokens; first += QUERY_BLOCK) {
      const m = Math.min(QUERY_BLOCK, tokens - first);
      const row = index * tokens + first;
      const [queries, dOut] = [rowsFrom(q, first), rowsFrom(gradient, first)];
      const toScores = { m, n: tokens, k: headWidth };
      const toKeys = { m: tokens, n: headWidth, k: m };
      const p = { at: probabilities ? probabilities + 4 * row * stride : own, stride };
      const dScores = { at: own + 4 * stride * m, stride };
      if (!probabilities) {
        core.multiply(toScores, queries, transposed(k), p);
        core.simd.softmaxAgain(p.at, statistics + 8 * row, m, tokens, stride, scale);
      }
      core.multiply(toKeys, transposed(p), dOut, dv, first > 0);
      core.multiply(toScores, dOut, transposed(v), dScores);
      core.simd.softmaxGradient(p.at, dScores.at, m, tokens, stride, scale);
      core.multiply({ m, n: headWidth, k: tokens }, dScores, k, rowsFrom(dq, first));
      core.multiply(toKeys, transposed(dScores), queries, dk, first > 0);
    }
  }
}
