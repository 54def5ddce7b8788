import type { Pose } from "./motion.ts";
import type { Outline } from "./outline.ts";
import type { Texture } from "./texture.ts";

/**
 * Draws a shape into a frame [H, W, 3] that wraps around at its edges. The edge of the shape is antialiased;
 * its texture rotates and scales with it.
 */
export function drawShape(
  frame: Uint8ClampedArray,
  background: Texture,
  skin: Texture,
  outline: Outline,
  { x, y, radius, angle }: Pose,
): void {
  const { side } = background;
  const cos = Math.cos(angle) / radius;
  const sin = Math.sin(angle) / radius;
  // A square of side 2√2·radius contains the shape at any rotation; no pixel is drawn twice.
  const reach = Math.min(side / 2, Math.SQRT2 * radius + 1);
  const firstRow = Math.ceil(y - reach);
  const firstColumn = Math.ceil(x - reach);
  const count = Math.min(side, Math.floor(2 * reach));
  for (let i = 0; i < count; i++) {
    const down = firstRow + i - y;
    const rowStart = wrap(firstRow + i, side) * side;
    for (let j = 0; j < count; j++) {
      const across = firstColumn + j - x;
      const u = across * cos + down * sin; // the point in the unrotated shape's coordinates
      const v = down * cos - across * sin;
      const cover = 0.5 - outline(u, v) * radius;
      if (cover <= 0) continue;
      const alpha = Math.min(1, cover);
      const at = (rowStart + wrap(firstColumn + j, side)) * 3;
      const from = skinAt(skin, u, v);
      for (let c = 0; c < 3; c++) {
        const ground = background.colours[at + c];
        frame[at + c] = ground + alpha * (skin.colours[from + c] - ground);
      }
    }
  }
}

/** Texture offset at a point of the shape; the texture covers −1.5 to 1.5 in both directions. */
function skinAt({ side }: Texture, u: number, v: number): number {
  const column = wrap(Math.round((u / 3 + 0.5) * side), side);
  const row = wrap(Math.round((v / 3 + 0.5) * side), side);
  return (row * side + column) * 3;
}

function wrap(value: number, side: number): number {
  const rest = value % side;
  return rest < 0 ? rest + side : rest;
}
