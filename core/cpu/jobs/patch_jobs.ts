import { type Part, shareOf } from "./parts.ts";
import type { Core } from "./core.ts";

/**
 * y [batch, count, P], patches of clips.
 *
 * @param pixels bytes [batch, frames, size, size, 3]
 * @param table [3, 256], the value of each byte by channel
 * @param index int32 [batch, count], or 0 for all
 */
export function patches(
  { simd }: Core,
  part: Part,
  pixels: number,
  table: number,
  index: number,
  y: number,
  batch: number,
  count: number,
  frames: number,
  tubelet: number,
  patch: number,
  size: number,
): void {
  const values = tubelet * patch * patch * 3;
  const { begin, end } = shareOf(batch * count, 1, part);
  for (let row = begin; row < end;) {
    const sample = Math.floor(row / count);
    const next = Math.min(end, (sample + 1) * count);
    const clip = pixels + sample * frames * size * size * 3;
    const first = row - sample * count;
    const own = [index && index + 4 * row, first, y + 4 * row * values, next - row] as const;
    simd.patches(clip, table, ...own, tubelet, patch, size);
    row = next;
  }
}

/**
 * The squared errors of rows, float64 [rows], and their gradient; see the SIMD kernel of this name.
 *
 * @param scale [6], mean and std by channel
 */
export function reconstruction(
  { simd }: Core,
  part: Part,
  prediction: number,
  patches: number,
  scale: number,
  gradient: number,
  losses: number,
  rows: number,
  n: number,
  normalize: number,
  factor: number,
): void {
  const { begin, end } = shareOf(rows, 1, part);
  const skip = 4 * begin * n;
  const [x, y] = [prediction + skip, patches + skip];
  const outputs = [gradient + skip, losses + 8 * begin] as const;
  simd.reconstruction(x, y, scale, ...outputs, end - begin, n, normalize, factor);
}
