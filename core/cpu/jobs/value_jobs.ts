import { CACHE_LINE, type Part, shareOf } from "./parts.ts";
import type { Core } from "./core.ts";

/** y = gelu(x) for n values. */
export function gelu({ simd }: Core, part: Part, x: number, y: number, n: number): void {
  const { begin, end } = shareOf(n, CACHE_LINE, part);
  simd.gelu(x + 4 * begin, y + 4 * begin, 1, end - begin, end - begin);
}

/** dx = dy · gelu'(x) for n values. */
export function geluGradient(
  { simd }: Core,
  part: Part,
  x: number,
  dy: number,
  dx: number,
  n: number,
): void {
  const { begin, end } = shareOf(n, CACHE_LINE, part);
  simd.geluGradient(x + 4 * begin, dy + 4 * begin, dx + 4 * begin, end - begin);
}

/** y [rows, n] = x times the factor of each `perSample` rows. */
export function scaleSamples(
  { simd }: Core,
  part: Part,
  x: number,
  factors: number,
  y: number,
  rows: number,
  perSample: number,
  n: number,
): void {
  const { begin, end } = shareOf(rows, 1, part);
  for (let row = begin; row < end;) {
    const sample = Math.floor(row / perSample);
    const next = Math.min(end, (sample + 1) * perSample);
    const skip = 4 * row * n;
    simd.scale(x + skip, factors + 4 * sample, y + skip, (next - row) * n);
    row = next;
  }
}
