/**
 * Distance of a point from the outline of a shape of half size 1 around the origin: negative inside,
 * exact or a little short outside, which is enough for a soft edge of one pixel.
 */
export type Outline = (x: number, y: number) => number;

const SQUARE = 0.8;
const BAR = 0.38;
const SIN_60 = Math.sqrt(3) / 2;

function box(x: number, y: number, width: number, height: number): number {
  return Math.max(Math.abs(x) - width, Math.abs(y) - height);
}

/** The outlines that shapes have. */
export const OUTLINES: readonly Outline[] = [
  (x, y) => Math.hypot(x, y) - 1, // disc
  (x, y) => box(x, y, SQUARE, SQUARE), // square
  (x, y) => Math.max(SIN_60 * Math.abs(x) - y / 2, y) - 0.55, // triangle, point up
  (x, y) => Math.min(box(x, y, 1, BAR), box(x, y, BAR, 1)), // cross
];
