/**
 * Affine warps of clips with bicubic sampling, by Pillow's `Image.transform`: every pixel centre of the
 * result is mapped to a position in the source; positions outside the source get the fill colour.
 *
 * The map is computed once for all frames. Shears and translations move along one axis only and read 4 pixels
 * instead of 16; the other axis falls on pixel centres, so the result is the same.
 */

import { checkPixelClip, type PixelClip } from "./pixel_clip.ts";

/** Fill colour outside the source. */
const FILL = 128;

/** Source column `a x + b y + c`, source row `d x + e y + f`, of pixel centres. */
type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** Source column x + amount · y: rows are shifted. */
export function shearX(clip: PixelClip, amount: number): PixelClip {
  return warp(clip, [1, amount, 0, 0, 1, 0]);
}

/** Source row y + amount · x: columns are shifted. */
export function shearY(clip: PixelClip, amount: number): PixelClip {
  return warp(clip, [1, 0, 0, amount, 1, 0]);
}

/** Source column x + part · W. */
export function translateX(clip: PixelClip, part: number): PixelClip {
  return warp(clip, [1, 0, part * clip.width, 0, 1, 0]);
}

/** Source row y + part · H. */
export function translateY(clip: PixelClip, part: number): PixelClip {
  return warp(clip, [1, 0, 0, 0, 1, part * clip.height]);
}

/** Rotates every frame about its centre, anticlockwise by `degrees`, keeping its size. */
export function rotate(clip: PixelClip, degrees: number): PixelClip {
  const positive = ((degrees % 360) + 360) % 360; // as Pillow does, for the same rounding
  const angle = -positive * (Math.PI / 180);
  const cos = roundTo15(Math.cos(angle));
  const sin = roundTo15(Math.sin(angle));
  const centreX = clip.width / 2;
  const centreY = clip.height / 2;
  return warp(clip, [
    cos,
    sin,
    cos * -centreX + sin * -centreY + centreX,
    -sin,
    cos,
    -sin * -centreX + cos * -centreY + centreY,
  ]);
}

/** To 15 decimals, so that a right angle has a cosine of exactly 0. */
function roundTo15(value: number): number {
  return Number(value.toFixed(15));
}

/** Source positions of the result's pixels, except for those outside the source. */
interface SourceMap {
  /** Pixels that lie inside the source. */
  count: number;
  /** Offset of a pixel's first value in a frame of the result. */
  target: Int32Array;
  /** Floor of the source column and row minus half a pixel, from −1. */
  column: Int32Array;
  row: Int32Array;
  /** Fractional parts, 0 ≤ d < 1. */
  dx: Float64Array;
  dy: Float64Array;
}

function sourceMap(height: number, width: number, [a, b, c, d, e, f]: Affine): SourceMap {
  const target = new Int32Array(height * width);
  const column = new Int32Array(height * width);
  const row = new Int32Array(height * width);
  const dx = new Float64Array(height * width);
  const dy = new Float64Array(height * width);
  let count = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sourceX = a * (x + 0.5) + b * (y + 0.5) + c;
      const sourceY = d * (x + 0.5) + e * (y + 0.5) + f;
      if (sourceX < 0 || sourceX >= width || sourceY < 0 || sourceY >= height) continue;
      target[count] = (y * width + x) * 3;
      column[count] = Math.floor(sourceX - 0.5);
      row[count] = Math.floor(sourceY - 0.5);
      dx[count] = sourceX - 0.5 - column[count];
      dy[count] = sourceY - 0.5 - row[count];
      count++;
    }
  }
  return { count, target, column, row, dx, dy };
}

/** Offsets of the rows or columns −2 … length + 1, clamped to the border. */
function clampedOffsets(length: number, stride: number): Int32Array {
  return Int32Array.from(
    { length: length + 4 },
    (_, i) => Math.min(length - 1, Math.max(0, i - 2)) * stride,
  );
}

/**
 * Cubic interpolation at d of four values at −1, 0, 1, 2: Keys' kernel with a = −1, as in Pillow's warps (its
 * resizing uses a = −0.5).
 */
function cubic(v1: number, v2: number, v3: number, v4: number, d: number): number {
  return v2 + d * (v3 - v1 + d * (2 * (v1 - v2) + v3 - v4 + d * (-v1 + v2 - v3 + v4)));
}

/** A byte; Pillow truncates. */
function toByte(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : value | 0;
}

function warp(clip: PixelClip, matrix: Affine): PixelClip {
  checkPixelClip(clip);
  const { pixels, frames, height, width } = clip;
  const map = sourceMap(height, width, matrix);
  const columns = clampedOffsets(width, 3);
  const rows = clampedOffsets(height, width * 3);
  const result = new Uint8Array(pixels.length).fill(FILL);
  const length = pixels.length / frames;
  const alongX = map.dy.every((d) => d === 0);
  const alongY = map.dx.every((d) => d === 0);
  for (let start = 0; start < pixels.length; start += length) {
    const source = pixels.subarray(start, start + length);
    const target = result.subarray(start, start + length);
    if (alongX) sampleLines(source, target, map, columns, rows);
    else if (alongY) sampleLines(source, target, transposed(map), rows, columns);
    else sampleSquares(source, target, map, columns, rows);
  }
  return { ...clip, pixels: result };
}

/** The map with columns and rows swapped. */
function transposed({ count, target, column, row, dx, dy }: SourceMap): SourceMap {
  return { count, target, column: row, row: column, dx: dy, dy: dx };
}

/** Samples along one axis, from 4 pixels each. */
function sampleLines(
  source: Uint8Array,
  target: Uint8Array,
  { count, target: targets, column, row, dx }: SourceMap,
  columns: Int32Array,
  rows: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const base = rows[row[i] + 2];
    const x = column[i] + 1;
    const p1 = base + columns[x];
    const p2 = base + columns[x + 1];
    const p3 = base + columns[x + 2];
    const p4 = base + columns[x + 3];
    const d = dx[i];
    const to = targets[i];
    for (let k = 0; k < 3; k++) {
      const value = cubic(source[p1 + k], source[p2 + k], source[p3 + k], source[p4 + k], d);
      target[to + k] = toByte(value);
    }
  }
}

/** Samples along both axes, from 16 pixels each: four rows first, then the column of their results. */
function sampleSquares(
  source: Uint8Array,
  target: Uint8Array,
  { count, target: targets, column, row, dx, dy }: SourceMap,
  columns: Int32Array,
  rows: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const x = column[i] + 1;
    const y = row[i] + 1;
    const d = dx[i];
    const to = targets[i];
    for (let k = 0; k < 3; k++) {
      const x1 = columns[x] + k;
      const x2 = columns[x + 1] + k;
      const x3 = columns[x + 2] + k;
      const x4 = columns[x + 3] + k;
      const r1 = rows[y];
      const r2 = rows[y + 1];
      const r3 = rows[y + 2];
      const r4 = rows[y + 3];
      const value = cubic(
        cubic(source[r1 + x1], source[r1 + x2], source[r1 + x3], source[r1 + x4], d),
        cubic(source[r2 + x1], source[r2 + x2], source[r2 + x3], source[r2 + x4], d),
        cubic(source[r3 + x1], source[r3 + x2], source[r3 + x3], source[r3 + x4], d),
        cubic(source[r4 + x1], source[r4 + x2], source[r4 + x3], source[r4 + x4], d),
        dy[i],
      );
      target[to + k] = toByte(value);
    }
  }
}
