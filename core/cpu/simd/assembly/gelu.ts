// Exact GELU and its gradient.

import { INVERSE_SQRT_2PI, MINUS_HALF } from "./constants";
import { exp4, normalCdf4 } from "./functions";
import { loadPart, multiplyAdd, remainder, storePart, wholeBytes } from "./lanes";

/** exp(−x²/2), the factor that Φ and the normal density share. */
@inline
function bell(x: v128): v128 {
  return exp4(f32x4.mul(f32x4.mul(x, x), MINUS_HALF));
}

@inline
function value(x: v128): v128 {
  return f32x4.mul(x, normalCdf4(x, bell(x)));
}

/** Φ(x) + x · φ(x), from what {@link bell} and Φ give for x. */
@inline
function slopeOf(x: v128, e: v128, cdf: v128): v128 {
  return multiplyAdd(f32x4.mul(x, INVERSE_SQRT_2PI), e, cdf);
}

@inline
function slope(x: v128): v128 {
  const e = bell(x);
  return slopeOf(x, e, normalCdf4(x, e));
}

/** y = x · Φ(x) for rows of n values that lie `stride` values apart. */
export function gelu(x: usize, y: usize, rows: i32, n: i32, stride: i32): void {
  const whole = wholeBytes(n);
  const rest = remainder(n);
  for (let r = 0; r < rows; r++) {
    for (let j: usize = 0; j < whole; j += 16) v128.store(y + j, value(v128.load(x + j)));
    if (rest) storePart(y + whole, value(loadPart(x + whole, rest)), rest);
    x += <usize>stride << 2;
    y += <usize>stride << 2;
  }
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

/** y = gelu(x) and d = d · gelu'(x) in one pass, for rows of n values that lie `stride` values apart. */
export function geluPair(x: usize, d: usize, y: usize, rows: i32, n: i32, stride: i32): void {
  const whole = wholeBytes(n);
  const rest = remainder(n);
  for (let r = 0; r < rows; r++) {
    for (let j: usize = 0; j < whole; j += 16) {
      const v = v128.load(x + j);
      const e = bell(v);
      const cdf = normalCdf4(v, e);
      v128.store(y + j, f32x4.mul(v, cdf));
      v128.store(d + j, f32x4.mul(v128.load(d + j), slopeOf(v, e, cdf)));
    }
    if (rest) {
      const v = loadPart(x + whole, rest);
      const e = bell(v);
      const cdf = normalCdf4(v, e);
      storePart(y + whole, f32x4.mul(v, cdf), rest);
      storePart(d + whole, f32x4.mul(loadPart(d + whole, rest), slopeOf(v, e, cdf)), rest);
    }
    x += <usize>stride << 2;
    d += <usize>stride << 2;
    y += <usize>stride << 2;
  }
}
