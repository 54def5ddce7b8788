import { CACHE_LINE, type Part, shareOf } from "./parts.ts";
import type { Core } from "./core.ts";

/** y = normalised(x) · weight + bias for x [rows, n]; statistics [rows, 2] = mean, 1/√(σ² + ε). */
export function layerNorm(
  { simd }: Core,
  part: Part,
  x: number,
  scale: number,
  offset: number,
  y: number,
  statistics: number,
  rows: number,
  n: number,
  epsilon: number,
): void {
  const { begin, end } = shareOf(rows, 1, part);
  const skip = 4 * begin * n;
  const outputs = [y + skip, statistics + 8 * begin] as const;
  simd.layerNorm(x + skip, scale, offset, ...outputs, end - begin, n, epsilon);
}

/**
 * dx [rows, n], plus residual unless it is 0, and the gradients of weight and bias: dx is split by rows, the
 * sums by columns.
 */
export function layerNormGradients(
  { simd }: Core,
  part: Part,
  x: number,
  scale: number,
  statistics: number,
  dy: number,
  residual: number,
  dx: number,
  dScale: number,
  dOffset: number,
  rows: number,
  n: number,
): void {
  const { begin, end } = shareOf(rows, 1, part);
  const skip = 4 * begin * n;
  const from = residual && residual + skip;
  const own = statistics + 8 * begin;
  simd.layerNormGradient(x + skip, scale, own, dy + skip, from, dx + skip, end - begin, n);
  const columns = shareOf(n, CACHE_LINE, part);
  const left = 4 * columns.begin;
  const sums = [dScale + left, dOffset + left] as const;
  const count = columns.end - columns.begin;
  simd.layerNormSums(x + left, statistics, dy + left, ...sums, rows, count, n);
}
