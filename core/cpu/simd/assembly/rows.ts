// Whole rows: starts of products, sums, scales, and moves by index. Where rows are a part of wider
// ones, `stride` is the number of values from one row to the next.

import { highHalf, joinHalves, loadPart, lowHalf, multiplyAdd, remainder, splat, storePart, wholeBytes } from "./lanes";

/** y = residual + b for the row b [n]; either may be 0 for none. What a product is added to. */
export function startRows(residual: usize, b: usize, y: usize, rows: i32, n: i32, stride: i32): void {
  const bytes = <usize>stride << 2;
  for (let r = 0; r < rows; r++) {
    if (!residual) {
      memory.copy(y, b, <usize>n << 2);
    } else if (!b) {
      memory.copy(y, residual, <usize>n << 2);
    } else {
      addRow(residual, b, y, n);
    }
    if (residual) residual += bytes;
    y += bytes;
  }
}

/** y = a + b for n values. */
@inline
function addRow(a: usize, b: usize, y: usize, n: i32): void {
  const whole = wholeBytes(n);
  const rest = remainder(n);
  for (let j: usize = 0; j < whole; j += 16) {
    v128.store(y + j, f32x4.add(v128.load(a + j), v128.load(b + j)));
  }
  if (rest) storePart(y + whole, f32x4.add(loadPart(a + whole, rest), loadPart(b + whole, rest)), rest);
}

/** y = residual + factor · y; `factor` is the address of one value. */
export function blendRows(residual: usize, factor: usize, y: usize, rows: i32, n: i32, stride: i32): void {
  const bytes = <usize>stride << 2;
  const whole = wholeBytes(n);
  const rest = remainder(n);
  const f = v128.load32_splat(factor);
  for (let r = 0; r < rows; r++) {
    for (let j: usize = 0; j < whole; j += 16) {
      v128.store(y + j, multiplyAdd(f, v128.load(y + j), v128.load(residual + j)));
    }
    if (rest) {
      const sum = multiplyAdd(f, loadPart(y + whole, rest), loadPart(residual + whole, rest));
      storePart(y + whole, sum, rest);
    }
    residual += bytes;
    y += bytes;
  }
}

/** y = factor · x for n values; `factor` is the address of one value. */
export function scale(x: usize, factor: usize, y: usize, n: i32): void {
  const end = x + wholeBytes(n);
  const rest = remainder(n);
  const f = v128.load32_splat(factor);
  for (; x < end; x += 16, y += 16) v128.store(y, f32x4.mul(f, v128.load(x)));
  if (rest) storePart(y, f32x4.mul(f, loadPart(x, rest)), rest);
}

/**
 * Sums n columns of `samples` times `rows` rows into sum [n]; `gap` values lie between the last row of a
 * sample and the first of the next.
 *
 * In float64: the gradient of a bias is a long sum of terms that nearly cancel, of which a float32
 * sum keeps few digits. A column's sum does not depend on the columns that are summed with it.
 */
export function sumRows(x: usize, sum: usize, samples: i32, rows: i32, gap: i32, n: i32, stride: i32): void {
  const bytes = <usize>stride << 2;
  const skip = <usize>gap << 2;
  let j = 0;
  for (; j + 16 <= n; j += 16, x += 64, sum += 64) {
    let s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0);
    let s4 = splat(0), s5 = splat(0), s6 = splat(0), s7 = splat(0);
    let at = x;
    for (let b = 0; b < samples; b++) {
      for (let r = 0; r < rows; r++) {
        let v = v128.load(at);
        s0 = f64x2.add(s0, lowHalf(v));
        s1 = f64x2.add(s1, highHalf(v));
        v = v128.load(at, 16);
        s2 = f64x2.add(s2, lowHalf(v));
        s3 = f64x2.add(s3, highHalf(v));
        v = v128.load(at, 32);
        s4 = f64x2.add(s4, lowHalf(v));
        s5 = f64x2.add(s5, highHalf(v));
        v = v128.load(at, 48);
        s6 = f64x2.add(s6, lowHalf(v));
        s7 = f64x2.add(s7, highHalf(v));
        at += bytes;
      }
      at += skip;
    }
    v128.store(sum, joinHalves(s0, s1));
    v128.store(sum, joinHalves(s2, s3), 16);
    v128.store(sum, joinHalves(s4, s5), 32);
    v128.store(sum, joinHalves(s6, s7), 48);
  }
  for (; j < n; j++, x += 4, sum += 4) {
    let total: f64 = 0;
    let at = x;
    for (let b = 0; b < samples; b++) {
      for (let r = 0; r < rows; r++) {
        total += <f64>f32.load(at);
        at += bytes;
      }
      at += skip;
    }
    f32.store(sum, <f32>total);
  }
}

/** Place of the first of `count` int32 indices that is outside 0 … limit − 1, or −1. */
export function findBadIndex(index: usize, count: i32, limit: i32): i32 {
  for (let i = 0; i < count; i++) {
    if (<u32>load<i32>(index + (<usize>i << 2)) >= <u32>limit) return i;
  }
  return -1;
}

/** y[k] = x[index[k]] for rows of n values: x [·, n], index [count], y [count, n]. */
export function gatherRows(x: usize, index: usize, y: usize, count: i32, n: i32): void {
  const bytes = <usize>n << 2;
  for (let k = 0; k < count; k++) {
    memory.copy(y, x + <usize>load<i32>(index) * bytes, bytes);
    index += 4;
    y += bytes;
  }
}

/**
 * y[index[k]] = x[k] for rows of n values; the other rows of y become 0. Only the rows `from` … `to` − 1
 * of y are written.
 */
export function scatterRows(x: usize, index: usize, y: usize, count: i32, from: i32, to: i32, n: i32): void {
  const bytes = <usize>n << 2;
  memory.fill(y + <usize>from * bytes, 0, <usize>(to - from) * bytes);
  for (let k = 0; k < count; k++) {
    const row = load<i32>(index);
    if (row >= from && row < to) memory.copy(y + <usize>row * bytes, x, bytes);
    index += 4;
    x += bytes;
  }
}

/** y[k] = x[k] + table[index[k]] for rows of n values; x advances by `step` rows: 1, or 0 for one row. */
export function placeRows(x: usize, step: i32, table: usize, index: usize, y: usize, count: i32, n: i32): void {
  const bytes = <usize>n << 2;
  for (let k = 0; k < count; k++) {
    addRow(x, table + <usize>load<i32>(index) * bytes, y, n);
    x += <usize>step * bytes;
    index += 4;
    y += bytes;
  }
}

/** Copies `bytes` bytes, or writes as many zeros where `from` is 0. */
export function copyBytes(from: usize, to: usize, bytes: usize): void {
  if (from) memory.copy(to, from, bytes);
  else memory.fill(to, 0, bytes);
}
