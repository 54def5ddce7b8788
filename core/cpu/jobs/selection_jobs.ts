import { type Part, shareOf } from "./parts.ts";
import type { Core } from "./core.ts";

/**
 * The distance of each token of x [batch, tokens, n] from the one `gap` tokens before, written to y [batch,
 * tokens]; the first `gap` values of a sample are not written.
 *
 * @param kind index into DISTANCES
 */
export function distances(
  { simd }: Core,
  part: Part,
  x: number,
  y: number,
  kind: number,
  batch: number,
  tokens: number,
  gap: number,
  n: number,
  noise: number,
  smallest: number,
): void {
  const moved = tokens - gap;
  const { begin, end } = shareOf(batch * moved, 1, part);
  for (let row = begin; row < end;) {
    const sample = Math.floor(row / moved);
    const next = Math.min(end, (sample + 1) * moved);
    const token = sample * tokens + row - sample * moved;
    const places = [x + 4 * token * n, y + 4 * (token + gap)] as const;
    simd.distances(...places, kind, next - row, gap, n, noise, smallest);
    row = next;
  }
}
