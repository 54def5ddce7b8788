import { CACHE_LINE, type Part, shareOf } from "./parts.ts";
import type { Core } from "./core.ts";

/** Number of values per partial sum of squares: a tensor's sum adds its slabs in order. */
export const SLAB = 16384;

/** The sum of squares of each slab of x [n], to float64 sums [⌈n/SLAB⌉]. */
export function squares({ simd }: Core, part: Part, x: number, sums: number, n: number): void {
  const { begin, end } = shareOf(Math.ceil(n / SLAB), 1, part);
  for (let slab = begin; slab < end; slab++) {
    const first = slab * SLAB;
    simd.sumOfSquares(x + 4 * first, Math.min(SLAB, n - first), sums + 8 * slab);
  }
}

/** One AdamW step of n values in place; see the SIMD kernel for the scalars. */
export function adamw(
  { simd }: Core,
  part: Part,
  p: number,
  g: number,
  m: number,
  v: number,
  n: number,
  ...scalars: AdamWScalars
): void {
  const { begin, end } = shareOf(n, CACHE_LINE, part);
  const skip = 4 * begin;
  simd.adamw(p + skip, g + skip, m + skip, v + skip, end - begin, ...scalars);
}

/** The scalars of an AdamW step, in the order of the SIMD kernel. */
export type AdamWScalars = [
  beta1: number,
  beta2: number,
  rest1: number,
  rest2: number,
  keep: number,
  rate: number,
  correction: number,
  epsilon: number,
  gradientScale: number,
];
