// Exact GELU and its gradient.

import { exp4, normalCdf4 } from "./functions";
import { loadPart, multiplyAdd, remainder, splat, storePart, wholeBytes } from "./lanes";

const INVERSE_SQRT_2PI: f32 = 0.3989422804014327;

/** exp(−x²/2), the factor that Φ and the normal density share. */
@inline
function bell(x: v128): v128 {
  return exp4(f32x4.mul(f32x4.mul(x, x), splat(-0.5)));
}

@inline
function value(x: v128): v128 {
  return f32x4.mul(x, normalCdf4(x, bell(x)));
}

/** Φ(x) + x · φ(x). */
@inline
function slope(x: v128): v128 {
  const e = bell(x);
  return multiplyAdd(f32x4.mul(x, splat(INVERSE_SQRT_2PI)), e, normalCdf4(x, e));
}

/** y = x · Φ(x) for n values. */
export function gelu(x: usize, y: usize, n: i32): void {
  const end = x + wholeBytes(n);
  const rest = remainder(n);
  for (; x < end; x += 16, y += 16) v128.store(y, value(v128.load(x)));
  if (rest) storePart(y, value(loadPart(x, rest)), rest);
}

/** dx = dy · (Φ(x) + x · φ(x)) for n values. */
export function geluGradient(x: usize, dy: usize, dx: usize, n: i32): void {
  const end = x + wholeBytes(n);
  const rest = remainder(n);
  for (; x < end; x += 16, dy += 16, dx += 16) {
    v128.store(dx, f32x4.mul(v128.load(dy), slope(v128.load(x))));
  }
  if (rest) storePart(dx, f32x4.mul(loadPart(dy, rest), slope(loadPart(x, rest))), rest);
}
