// Softmax of scaled scores and its gradient, in place. Rows have a stride of `stride` values, a
// multiple of four; the padding after the n scores of a row is written as 0.

import { exp4 } from "./functions";
import { maxLane, multiplyAdd, splat, sumLanes } from "./lanes";

const LOWEST: f32 = -3e38;

@inline
function pad(p: usize, n: i32, stride: i32, value: f32): void {
  for (let k = n; k < stride; k++) f32.store(p + (<usize>k << 2), value);
}

/** Largest value of a row; NaN does not count. Four maxima at a time wait less for each other. */
@inline
function rowMaximum(p: usize, bytes: usize): f32 {
  let a = splat(LOWEST), b = a, c = a, d = a;
  let j: usize = 0;
  for (; j + 64 <= bytes; j += 64) {
    a = f32x4.pmax(a, v128.load(p + j));
    b = f32x4.pmax(b, v128.load(p + j, 16));
    c = f32x4.pmax(c, v128.load(p + j, 32));
    d = f32x4.pmax(d, v128.load(p + j, 48));
  }
  for (; j < bytes; j += 16) a = f32x4.pmax(a, v128.load(p + j));
  return maxLane(f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d)));
}

/**
 * p[r] = softmax(scale · p[r]) over the first n values of each row; scale > 0. The row's largest score and
 * the inverse of its sum of exponentials go to statistics [rows, 2].
 */
export function softmax(p: usize, statistics: usize, rows: i32, n: i32, stride: i32, scale: f32): void {
  const bytes = <usize>stride << 2;
  const factor = splat(scale);
  for (let r = 0; r < rows; r++) {
    pad(p, n, stride, LOWEST);
    const largest = rowMaximum(p, bytes);
    const top = splat(largest);
    let sum = splat(0);
    for (let j: usize = 0; j < bytes; j += 16) {
      const e = exp4(f32x4.mul(f32x4.sub(v128.load(p + j), top), factor));
      v128.store(p + j, e);
      sum = f32x4.add(sum, e);
    }
    const one = <f32>1 / sumLanes(sum);
    const inverse = splat(one);
    for (let j: usize = 0; j < bytes; j += 16) {
      v128.store(p + j, f32x4.mul(v128.load(p + j), inverse));
    }
    pad(p, n, stride, 0);
    f32.store(statistics, largest);
    f32.store(statistics, one, 4);
    statistics += 8;
    p += bytes;
  }
}

/** What softmax gave for the same scores, from its statistics. */
export function softmaxAgain(p: usize, statistics: usize, rows: i32, n: i32, stride: i32, scale: f32): void {
  const bytes = <usize>stride << 2;
  const factor = splat(scale);
  for (let r = 0; r < rows; r++) {
    pad(p, n, stride, LOWEST);
    const top = v128.load32_splat(statistics);
    const inverse = v128.load32_splat(statistics, 4);
    for (let j: usize = 0; j < bytes; j += 16) {
      const e = exp4(f32x4.mul(f32x4.sub(v128.load(p + j), top), factor));
      v128.store(p + j, f32x4.mul(e, inverse));
    }
    pad(p, n, stride, 0);
    statistics += 8;
    p += bytes;
  }
}

/** d[r] = scale · p[r] · (d[r] − Σ p[r] · d[r]): d goes in as dP and comes out as dS. */
export function softmaxGradient(
  p: usize,
  d: usize,
  rows: i32,
  n: i32,
  stride: i32,
  scale: f32,
): void {
  const bytes = <usize>stride << 2;
  const factor = splat(scale);
  for (let r = 0; r < rows; r++) {
    pad(d, n, stride, 0);
    let sum = splat(0);
    for (let j: usize = 0; j < bytes; j += 16) {
      sum = multiplyAdd(v128.load(p + j), v128.load(d + j), sum);
    }
    const total = splat(sumLanes(sum));
    for (let j: usize = 0; j < bytes; j += 16) {
      const weight = f32x4.mul(v128.load(p + j), factor);
      v128.store(d + j, f32x4.mul(weight, f32x4.sub(v128.load(d + j), total)));
    }
    p += bytes;
    d += bytes;
  }
}
