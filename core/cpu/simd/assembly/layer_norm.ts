// Layer normalisation and its gradient, one row at a time, so that a row stays in the cache.

import { loadPart, multiplyAdd, remainder, splat, storePart, sumLanes, wholeBytes } from "./lanes";

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
  memory.fill(dScale, 0, bytes);
  memory.fill(dOffset, 0, bytes);
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
      v128.store(dScale + j, multiplyAdd(d, normal, v128.load(dScale + j)));
      v128.store(dOffset + j, f32x4.add(d, v128.load(dOffset + j)));
    }
    if (rest) { // the lanes past the row have d = 0, which clears every sum
      const d = loadPart(dy + whole, rest);
      const normal = normalised(loadPart(x + whole, rest), centre, rstd);
      const h = f32x4.mul(d, loadPart(scale + whole, rest));
      sum = f32x4.add(sum, h);
      sumProduct = multiplyAdd(h, normal, sumProduct);
      storePart(dScale + whole, multiplyAdd(d, normal, loadPart(dScale + whole, rest)), rest);
      storePart(dOffset + whole, f32x4.add(d, loadPart(dOffset + whole, rest)), rest);
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
