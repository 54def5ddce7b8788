// Distances of token embeddings; a distance that only rounding made is 0.

import { loadPart, multiplyAdd, remainder, splat, sumLanes, wholeBytes } from "./lanes";

/** Σ a · b of n values. */
@inline
function dot(a: usize, b: usize, n: i32): f32 {
  const whole = wholeBytes(n);
  const rest = remainder(n);
  let sum = splat(0);
  for (let j: usize = 0; j < whole; j += 16) sum = multiplyAdd(v128.load(a + j), v128.load(b + j), sum);
  if (rest) sum = multiplyAdd(loadPart(a + whole, rest), loadPart(b + whole, rest), sum);
  return sumLanes(sum);
}

/** Σ |a| of n values. */
@inline
function absolute(a: usize, n: i32): f32 {
  const whole = wholeBytes(n);
  const rest = remainder(n);
  let sum = splat(0);
  for (let j: usize = 0; j < whole; j += 16) sum = f32x4.add(sum, f32x4.abs(v128.load(a + j)));
  if (rest) sum = f32x4.add(sum, f32x4.abs(loadPart(a + whole, rest)));
  return sumLanes(sum);
}

/** Σ |a − b| of n values. */
@inline
function absoluteDifference(a: usize, b: usize, n: i32): f32 {
  const whole = wholeBytes(n);
  const rest = remainder(n);
  let sum = splat(0);
  for (let j: usize = 0; j < whole; j += 16) {
    sum = f32x4.add(sum, f32x4.abs(f32x4.sub(v128.load(a + j), v128.load(b + j))));
  }
  if (rest) {
    sum = f32x4.add(sum, f32x4.abs(f32x4.sub(loadPart(a + whole, rest), loadPart(b + whole, rest))));
  }
  return sumLanes(sum);
}

/** Σ (p · a − q · b)² of n values. */
@inline
function squaredDifference(a: usize, p: f32, b: usize, q: f32, n: i32): f32 {
  const whole = wholeBytes(n);
  const rest = remainder(n);
  const factorA = splat(p);
  const factorB = splat(q);
  let sum = splat(0);
  for (let j: usize = 0; j < whole; j += 16) {
    const c = f32x4.sub(f32x4.mul(v128.load(a + j), factorA), f32x4.mul(v128.load(b + j), factorB));
    sum = multiplyAdd(c, c, sum);
  }
  if (rest) {
    const c = f32x4.sub(
      f32x4.mul(loadPart(a + whole, rest), factorA),
      f32x4.mul(loadPart(b + whole, rest), factorB),
    );
    sum = multiplyAdd(c, c, sum);
  }
  return sumLanes(sum);
}

/** 0 up to a limit; NaN stays NaN. */
@inline
function above(value: f32, limit: f32): f32 {
  return value <= limit ? 0 : value;
}

/**
 * y[k] = the distance of x[k + gap] from x[k] for rows of n values.
 *
 * @param kind 0 for L2, 1 for L1, 2 for the cosine
 * @param noise share of the length that does not count
 * @param smallest length that a direction has at least
 */
export function distances(x: usize, y: usize, kind: i32, count: i32, gap: i32, n: i32, noise: f32, smallest: f32): void {
  const bytes = <usize>n << 2;
  const squaredNoise: f32 = noise * noise / 2;
  for (let k = 0; k < count; k++) {
    const a = x + <usize>gap * bytes;
    let distance: f32;
    if (kind == 0) {
      const lengths = dot(a, a, n) + dot(x, x, n);
      distance = sqrt<f32>(above(squaredDifference(a, 1, x, 1, n), lengths * squaredNoise));
    } else if (kind == 1) {
      const lengths = absolute(a, n) + absolute(x, n);
      distance = above(absoluteDifference(a, x, n), lengths * (noise / 2));
    } else {
      const p = <f32>1 / max<f32>(sqrt<f32>(dot(a, a, n)), smallest);
      const q = <f32>1 / max<f32>(sqrt<f32>(dot(x, x, n)), smallest);
      distance = above(squaredDifference(a, p, x, q, n) * <f32>0.5, squaredNoise);
    }
    f32.store(y, distance);
    x += bytes;
    y += 4;
  }
}
