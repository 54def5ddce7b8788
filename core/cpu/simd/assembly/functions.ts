// exp and the normal distribution's Φ, four lanes at a time.

import { multiplyAdd, splat } from "./lanes";

const LOG2_E: f32 = 1.4426950408889634;
/** ln 2 in two parts; the high one has so few bits that its product with an exponent is exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;

/**
 * exp(x), within 2 units in the last place; x is clamped to −87 … 88, where exp stays normal.
 *
 * x = n·ln 2 + r with |r| ≤ ½ ln 2, exp(r) by the polynomial of Moshier's Cephes library (expf.c),
 * 2^n by writing n into the exponent bits.
 */
@inline
export function exp4(x: v128): v128 {
  const bounded = f32x4.max(f32x4.min(x, splat(88)), splat(-87));
  const n = f32x4.nearest(f32x4.mul(bounded, splat(LOG2_E)));
  let r = f32x4.sub(bounded, f32x4.mul(n, splat(LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(n, splat(LN2_LOW)));
  let p = multiplyAdd(splat(1.9875691500e-4), r, splat(1.3981999507e-3));
  p = multiplyAdd(p, r, splat(8.3334519073e-3));
  p = multiplyAdd(p, r, splat(4.1665795894e-2));
  p = multiplyAdd(p, r, splat(1.6666665459e-1));
  p = multiplyAdd(p, r, splat(5.0000001201e-1));
  p = multiplyAdd(p, f32x4.mul(r, r), f32x4.add(r, splat(1)));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

/**
 * Φ(x) = ½(1 + erf(x/√2)) from x and e = exp(−x²/2), within 1e-7.
 *
 * With z = |x| and s = 0.3z/(1 + 0.3z), Φ(−z) = e · (½ − s·Q(s)), where Q is a polynomial of degree 6.
 * Its coefficients minimise the largest error of ½ − s·Q(s), weighted by exp(−z²/4), over 0 ≤ z ≤ 10
 * (iteratively reweighted least squares in float64; error 1.2e-9 before rounding). The form keeps the
 * error in the small term s·Q near 0, and the tail's relative error small where Φ itself is small.
 */
@inline
export function normalCdf4(x: v128, e: v128): v128 {
  const u = f32x4.mul(f32x4.abs(x), splat(0.3));
  const s = f32x4.div(u, f32x4.add(u, splat(1)));
  let q = multiplyAdd(splat(0.0494581259), s, splat(-0.0348797851));
  q = multiplyAdd(q, s, splat(-0.1505285013));
  q = multiplyAdd(q, s, splat(0.0567198899));
  q = multiplyAdd(q, s, splat(0.6993533136));
  q = multiplyAdd(q, s, splat(-1.4479623112));
  q = multiplyAdd(q, s, splat(1.3298074254));
  const tail = f32x4.mul(f32x4.sub(splat(0.5), f32x4.mul(q, s)), e);
  return v128.bitselect(tail, f32x4.sub(splat(1), tail), f32x4.lt(x, splat(0)));
}
