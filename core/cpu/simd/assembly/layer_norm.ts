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

/**
 * Gradients of scale and offset, dScale = Σ dy · x̂ and dOffset = Σ dy, for n columns of rows that lie
 * `stride` values apart; in float64 as sumRows.
 */
export function layerNormSums(
  x: usize,
  statistics: usize,
  dy: usize,
  dScale: usize,
  dOffset: usize,
  rows: i32,
  n: i32,
  stride: i32,
): void {
  const bytes = <usize>stride << 2;
  let j = 0;
  for (; j + 8 <= n; j += 8) {
    let s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0);
    let o0 = splat(0), o1 = splat(0), o2 = splat(0), o3 = splat(0);
    let at = <usize>j << 2;
    let row = statistics;
    for (let r = 0; r < rows; r++) {
      const centre = v128.load32_splat(row);
      const rstd = v128.load32_splat(row, 4);
      let d = v128.load(dy + at);
      let p = f32x4.mul(d, normalised(v128.load(x + at), centre, rstd));
      s0 = f64x2.add(s0, lowHalf(p));
      s1 = f64x2.add(s1, highHalf(p));
      o0 = f64x2.add(o0, lowHalf(d));
      o1 = f64x2.add(o1, highHalf(d));
      d = v128.load(dy + at, 16);
      p = f32x4.mul(d, normalised(v128.load(x + at, 16), centre, rstd));
      s2 = f64x2.add(s2, lowHalf(p));
      s3 = f64x2.add(s3, highHalf(p));
      o2 = f64x2.add(o2, lowHalf(d));
      o3 = f64x2.add(o3, highHalf(d));
      at += bytes;
      row += 8;
    }
    const to = <usize>j << 2;
    v128.store(dScale + to, joinHalves(s0, s1));
    v128.store(dScale + to, joinHalves(s2, s3), 16);
    v128.store(dOffset + to, joinHalves(o0, o1));
    v128.store(dOffset + to, joinHalves(o2, o3), 16);
  }
  for (; j < n; j++) {
    let sum: f64 = 0;
    let offset: f64 = 0;
    let at = <usize>j << 2;
    let row = statistics;
    for (let r = 0; r < rows; r++) {
      const d = f32.load(dy + at);
      sum += <f64>(d * ((f32.load(x + at) - f32.load(row)) * f32.load(row, 4)));
      offset += <f64>d;
      at += bytes;
      row += 8;
    }
    f32.store(dScale + (<usize>j << 2), <f32>sum);
    f32.store(dOffset + (<usize>j << 2), <f32>offset);
  }
}

/**
 * Gradient of layerNorm's x: with h = dy · scale and x̂ the normalised row,
 * dx = rstd · (h − mean(h) − x̂ · mean(h · x̂)), plus residual [rows, n] unless that is 0.
 */
export function layerNormGradient(
  x: usize,
  scale: usize,
  statistics: usize,
  dy: usize,
  residual: usize,
  dx: usize,
  rows: i32,
  n: i32,
): void {
  const bytes = <usize>n << 2;
  const whole = wholeBytes(n);
  const rest = remainder(n);
  for (let r = 0; r < rows; r++) {
    const centre = v128.load32_splat(statistics);
    const rstd = v128.load32_splat(statistics, 4);
    let sum = splat(0);
    let sumProduct = splat(0);
    for (let j: usize = 0; j < whole; j += 16) {
      const normal = normalised(v128.load(x + j), centre, rstd);
      const h = f32x4.mul(v128.load(dy + j), v128.load(scale + j));
      sum = f32x4.add(sum, h);
      sumProduct = multiplyAdd(h, normal, sumProduct);
    }
    if (rest) { // the lanes past the row have dy = 0, which clears every sum
      const normal = normalised(loadPart(x + whole, rest), centre, rstd);
      const h = f32x4.mul(loadPart(dy + whole, rest), loadPart(scale + whole, rest));
      sum = f32x4.add(sum, h);
      sumProduct = multiplyAdd(h, normal, sumProduct);
    }
    const meanH = splat(sumLanes(sum) / <f32>n);
    const meanProduct = splat(sumLanes(sumProduct) / <f32>n);
    for (let j: usize = 0; j < whole; j += 16) {
      const normal = normalised(v128.load(x + j), centre, rstd);
      const h = f32x4.mul(v128.load(dy + j), v128.load(scale + j));
      const inner = f32x4.sub(f32x4.sub(h, meanH), f32x4.mul(normal, meanProduct));
      const d = f32x4.mul(rstd, inner);
      v128.store(dx + j, residual ? f32x4.add(d, v128.load(residual + j)) : d);
    }
    if (rest) {
      const normal = normalised(loadPart(x + whole, rest), centre, rstd);
      const h = f32x4.mul(loadPart(dy + whole, rest), loadPart(scale + whole, rest));
      const inner = f32x4.sub(f32x4.sub(h, meanH), f32x4.mul(normal, meanProduct));
      const d = f32x4.mul(rstd, inner);
      storePart(dx + whole, residual ? f32x4.add(d, loadPart(residual + whole, rest)) : d, rest);
    }
    statistics += 8;
    x += bytes;
    dy += bytes;
    dx += bytes;
    if (residual) residual += bytes;
  }
}
