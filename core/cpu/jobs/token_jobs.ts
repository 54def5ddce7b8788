import { CACHE_LINE, type Part, shareOf } from "./parts.ts";
import type { Core } from "./core.ts";

/**
 * Calls `visit` for each run of rows of one sample in a part; the rows of all samples, `rows` each, are
 * divided among parts.
 */
function eachRun(
  part: Part,
  batch: number,
  rows: number,
  visit: (sample: number, begin: number, end: number) => void,
): void {
  const { begin, end } = shareOf(batch * rows, 1, part);
  for (let row = begin; row < end;) {
    const sample = Math.floor(row / rows);
    const next = Math.min(end, (sample + 1) * rows);
    visit(sample, row - sample * rows, next - sample * rows);
    row = next;
  }
}

/** y [batch, count, n] = the rows of x [batch, rows, n] at index [batch, count]. */
export function gatherRows(
  { simd }: Core,
  part: Part,
  x: number,
  index: number,
  y: number,
  batch: number,
  rows: number,
  count: number,
  n: number,
): void {
  eachRun(part, batch, count, (sample, begin, end) => {
    const first = sample * count + begin;
    const source = x + 4 * sample * rows * n;
    simd.gatherRows(source, index + 4 * first, y + 4 * first * n, end - begin, n);
  });
}

/** y [batch, rows, n]: the rows of x [batch, count, n] at their index, 0 elsewhere. */
export function scatterRows(
  { simd }: Core,
  part: Part,
  x: number,
  index: number,
  y: number,
  batch: number,
  rows: number,
  count: number,
  n: number,
): void {
  eachRun(part, batch, rows, (sample, begin, end) => {
    const from = x + 4 * sample * count * n;
    const to = y + 4 * sample * rows * n;
    simd.scatterRows(from, index + 4 * sample * count, to, count, begin, end, n);
  });
}

/**
 * Writes x + table[index] to the tokens `at` … `at` + count − 1 of y [batch, tokens, n].
 *
 * @param x [batch, count, n], or one row [n] for all
 * @param single 1 if x is one row
 * @param index int32 [batch, count]
 */
export function placeRows(
  { simd }: Core,
  part: Part,
  x: number,
  single: number,
  table: number,
  index: number,
  y: number,
  batch: number,
  count: number,
  at: number,
  tokens: number,
  n: number,
): void {
  eachRun(part, batch, count, (sample, begin, end) => {
    const first = sample * count + begin;
    const source = single ? x : x + 4 * first * n;
    const target = y + 4 * (sample * tokens + at + begin) * n;
    simd.placeRows(source, single ? 0 : 1, table, index + 4 * first, target, end - begin, n);
  });
}

/**
 * Copies `count` tokens of each sample: from token `from` of x [batch, tokensX, n] to token `to` of
 * y [batch, tokensY, n]. Writes zeros where x is 0.
 */
export function copyTokens(
  { simd }: Core,
  part: Part,
  x: number,
  tokensX: number,
  from: number,
  y: number,
  tokensY: number,
  to: number,
  batch: number,
  count: number,
  n: number,
): void {
  eachRun(part, batch, count, (sample, begin, end) => {
    const source = x && x + 4 * (sample * tokensX + from + begin) * n;
    const target = y + 4 * (sample * tokensY + to + begin) * n;
    simd.copyBytes(source, target, 4 * (end - begin) * n);
  });
}

/** sum [n] = Σ over samples and the tokens from `from` on of x [batch, tokens, n]. */
export function columnSums(
  { simd }: Core,
  part: Part,
  x: number,
  sum: number,
  batch: number,
  tokens: number,
  from: number,
  n: number,
): void {
  const { begin, end } = shareOf(n, CACHE_LINE, part);
  const first = x + 4 * (from * n + begin);
  simd.sumRows(first, sum + 4 * begin, batch, tokens - from, from * n, end - begin, n);
}
