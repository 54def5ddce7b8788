// Layer normalisation and its gradient, one row at a time, so that a row stays in the cache.

import {
  highHalf,
  joinHalves,
  loadPart,
  lowHalf,
  multiplyAdd,
  remainder,
  splat,
  storePart,
  sumLanes,
  wholeBytes,
} from "./lanes";
import { sumRows } from "./rows";

/** Keeps the first `count` lanes of v and clears the others. */
@inline
function keep(v: v128, count: i32): v128 {
  const lane = i32x4(0, 1, 2, 3);
  return v128.and(v, i32x4.lt_s(lane, i32x4.splat(count)));
}

/** Mean of the row x [n]. */
@inline
function mean(x: usize, n: i32): f32 {
  const whole = wholeBytes(n);
  const rest = remainder(n);
  let sum = splat(0);
  for (let j: usize = 0; j < whole; j += 16) sum = f32x4.add(sum, v128.load(x + j));
  if (rest) sum = f32x4.add(sum, loadPart(x + whole, rest));
  return sumLanes(sum) / <f32>n;
}

/** Mean of (x − centre)² of the row x [n]. */
@inline
function variance(x: usize, centre: v128, n: i32): f32 {
  const whole = wholeBytes(n);
  const rest = remainder(n);
  let sum = splat(0);
  for (let j: usize = 0; j < whole; j += 16) {
    const c = f32x4.sub(v128.load(x + j), centre);
    sum = multiplyAdd(c, c, sum);
  }
  if (rest) {
    const c = keep(f32x4.sub(loadPart(x + whole, rest), centre), rest);
    sum = multiplyAdd(c, c, sum);
  }
  return sumLanes(sum) / <f32>n;
}

@inline
function normalised(x: v128, centre: v128, rstd: v128): v128 {
  return f32x4.mul(f32x4.sub(x, centre), rstd);
}

/** y = normalised(x) · scale + offset for x [rows, n]; statistics [rows, 2] = mean, 1/√(σ² + ε). */
export function layerNorm(
  x: usize,
  scale: usize,
  offset: usize,
  y: usize,
  statistics: usize,
  rows: i32,
  n: i32,
  epsilon: f32,
): void {
  const whole = wholeBytes(n);
  const rest = remainder(n);
  for (let r = 0; r < rows; r++) {
    const m = mean(x, n);
    const centre = splat(m);
    const inverse: f32 = <f32>1 / sqrt<f32>(variance(x, centre, n) + epsilon);
    const rstd = splat(inverse);
    for (let j: usize = 0; j < whole; j += 16) {
      const normal = normalised(v128.load(x + j), centre, rstd);
      v128.store(y + j, multiplyAdd(normal, v128.load(scale + j), v128.load(offset + j)));
    }
    if (rest) {
      const normal = normalised(loadPart(x + whole, rest), centre, rstd);
      const scaled = f32x4.mul(normal, loadPart(scale + whole, rest));
      storePart(y + whole, f32x4.add(scaled, loadPart(offset + whole, rest)), rest);
    }
    f32.store(statistics, m);
    f32.store(statistics + 4, inverse);
    statistics += 8;
    x += <usize>n << 2;
    y += <usize>n << 2;
  }
}

/** Sums dy · x̂ [rows, n] over its rows into sum [n], in float64 as sumRows. */
function sumNormalised(
  x: usize,
  statistics: usize,
  dy: usize,
  sum: usize,
  rows: i32,
  n: i32,
): void {
  const stride = <usize>n << 2;
  const whole = wholeBytes(n);
  for (let j: usize = 0; j < whole; j += 16) {
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    let at = j;
    let row = statistics;
    for (let r = 0; r < rows; r++) {
      const centre = v128.load32_splat(row);
      const normal = normalised(v128.load(x + at), centre, v128.load32_splat(row + 4));
      const product = f32x4.mul(v128.load(dy + at), normal);
      low = f64x2.add(low, lowHalf(product));
      high = f64x2.add(high, highHalf(product));
      at += stride;
      row += 8;
    }
    v128.store(sum + j, joinHalves(low, high));
  }
  for (let j = whole; j < stride; j += 4) {
    let total: f64 = 0;
    let at = j;
    let row = statistics;
    for (let r = 0; r < rows; r++) {
      const normal = (f32.load(x + at) - f32.load(row)) * f32.load(row + 4);
      total += <f64>(f32.load(dy + at) * normal);
      at += stride;
      row += 8;
    }
    f32.store(sum + j, <f32>total);
  }
}

/**
 * Gradients of layerNorm: with h = dy · scale and x̂ the normalised row,
 * dx = rstd · (h − mean(h) − x̂ · mean(h · x̂)), dScale = Σ dy · x̂, dOffset = Σ dy.
 */
export function layerNormGradients(
  x: usize,
  scale: usize,
  statistics: usize,
  dy: usize,
  dx: usize,
  dScale: usize,
  dOffset: usize,
  rows: i32,
  n: i32,
): void {
  const bytes = <usize>n << 2;
  const whole = wholeBytes(n);
  const rest = remainder(n);
  sumRows(dy, dOffset, rows, n);
  sumNormalised(x, statistics, dy, dScale, rows, n);
  for (let r = 0; r < rows; r++) {
    const centre = v128.load32_splat(statistics);
    const rstd = v128.load32_splat(statistics + 4);
    let sum = splat(0);
    let sumProduct = splat(0);
    for (let j: usize = 0; j < whole; j += 16) {
      const d = v128.load(dy + j);
      const normal = normalised(v128.load(x + j), centre, rstd);
      const h = f32x4.mul(d, v128.load(scale + j));
      sum = f32x4.add(sum, h);
      sumProduct = multiplyAdd(h, normal, sumProduct);
    }
    if (rest) { // the lanes past the row have d = 0, which clears every sum
      const d = loadPart(dy + whole, rest);
      const normal = normalised(loadPart(x + whole, rest), centre, rstd);
      const h = f32x4.mul(d, loadPart(scale + whole, rest));
      sum = f32x4.add(sum, h);
      sumProduct = multiplyAdd(h, normal, sumProduct);
    }
    const meanH = splat(sumLanes(sum) / <f32>n);
    const meanProduct = splat(sumLanes(sumProduct) / <f32>n);
    for (let j: usize = 0; j < whole; j += 16) {
      const normal = normalised(v128.load(x + j), centre, rstd);
      const h = f32x4.mul(v128.load(dy + j), v128.load(scale + j));
      const inner = f32x4.sub(f32x4.sub(h, meanH), f32x4.mul(normal, meanProduct));
      v128.store(dx + j, f32x4.mul(rstd, inner));
    }
    if (rest) {
      const normal = normalised(loadPart(x + whole, rest), centre, rstd);
      const h = f32x4.mul(loadPart(dy + whole, rest), loadPart(scale + whole, rest));
      const inner = f32x4.sub(f32x4.sub(h, meanH), f32x4.mul(normal, meanProduct));
      storePart(dx + whole, f32x4.mul(rstd, inner), rest);
    }
    statistics += 8;
    x += bytes;
    dy += bytes;
    dx += bytes;
  }
}
