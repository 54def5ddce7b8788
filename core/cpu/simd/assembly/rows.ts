// Whole rows: copies, sums, and moves by index.

import { highHalf, joinHalves, lowHalf, wholeBytes } from "./lanes";

/** Copies the row b [n] into each row of y [rows, n]. */
export function fillRows(b: usize, y: usize, rows: i32, n: i32): void {
  const bytes = <usize>n << 2;
  for (let r = 0; r < rows; r++) {
    memory.copy(y, b, bytes);
    y += bytes;
  }
}

/**
 * Sums x [rows, n] over its rows into sum [n].
 *
 * In float64: the gradient of a bias is a long sum of terms that nearly cancel, of which a float32
 * sum keeps few digits.
 */
export function sumRows(x: usize, sum: usize, rows: i32, n: i32): void {
  const stride = <usize>n << 2;
  const whole = wholeBytes(n);
  for (let j: usize = 0; j < whole; j += 16) {
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    let at = x + j;
    for (let r = 0; r < rows; r++) {
      const v = v128.load(at);
      low = f64x2.add(low, lowHalf(v));
      high = f64x2.add(high, highHalf(v));
      at += stride;
    }
    v128.store(sum + j, joinHalves(low, high));
  }
  for (let j = whole; j < stride; j += 4) {
    let total: f64 = 0;
    let at = x + j;
    for (let r = 0; r < rows; r++) {
      total += <f64>f32.load(at);
      at += stride;
    }
    f32.store(sum + j, <f32>total);
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

/** y[index[k]] = x[k] for rows of n values; the other rows of y [rows, n] become 0. */
export function scatterRows(x: usize, index: usize, y: usize, count: i32, rows: i32, n: i32): void {
  const bytes = <usize>n << 2;
  memory.fill(y, 0, <usize>rows * bytes);
  for (let k = 0; k < count; k++) {
    memory.copy(y + <usize>load<i32>(index) * bytes, x, bytes);
    index += 4;
    x += bytes;
  }
}
