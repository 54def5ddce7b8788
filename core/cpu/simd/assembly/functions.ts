// exp and the normal distribution's Φ, four lanes at a time.

import {
  CDF_SCALE,
  E0,
  E1,
  E2,
  E3,
  E4,
  E5,
  EXP_HIGHEST,
  EXP_LOWEST,
  EXPONENT_BIAS,
  HALF,
  LOG2_E,
  MINUS_LN2_HIGH,
  MINUS_LN2_LOW,
  ONE,
  Q0,
  Q1,
  Q2,
  Q3,
  Q4,
  Q5,
  Q6,
  ROUND,
} from "./constants";
import { multiplyAdd } from "./lanes";

/**
 * exp(x), within 2 units in the last place; x is clamped to −87 … 88, where exp stays normal. NaN stays NaN.
 *
 * x = n·ln 2 + r with |r| ≤ ½ ln 2, exp(r) by the polynomial of Moshier's Cephes library (expf.c),
 * 2^n by writing n into the exponent bits. Only operations that are one instruction of the machine: min,
 * max and conversions with WebAssembly's rules for NaN are five or more.
 */
@inline
export function exp4(x: v128): v128 {
  const bounded = f32x4.pmax(f32x4.pmin(x, EXP_HIGHEST), EXP_LOWEST); // x first: NaN comes through
  const shifted = multiplyAdd(bounded, LOG2_E, ROUND);
  const n = f32x4.sub(shifted, ROUND);
  const r = multiplyAdd(n, MINUS_LN2_LOW, multiplyAdd(n, MINUS_LN2_HIGH, bounded));
  let p = multiplyAdd(E0, r, E1);
  p = multiplyAdd(p, r, E2);
  p = multiplyAdd(p, r, E3);
  p = multiplyAdd(p, r, E4);
  p = multiplyAdd(p, r, E5);
  p = multiplyAdd(p, f32x4.mul(r, r), f32x4.add(r, ONE));
  return f32x4.mul(p, i32x4.shl(i32x4.add(shifted, EXPONENT_BIAS), 23));
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
  const u = f32x4.mul(f32x4.abs(x), CDF_SCALE);
  const s = f32x4.div(u, f32x4.add(u, ONE));
  let q = multiplyAdd(Q0, s, Q1);
  q = multiplyAdd(q, s, Q2);
  q = multiplyAdd(q, s, Q3);
  q = multiplyAdd(q, s, Q4);
  q = multiplyAdd(q, s, Q5);
  q = multiplyAdd(q, s, Q6);
  const tail = f32x4.mul(f32x4.sub(HALF, f32x4.mul(q, s)), e);
  // all ones where x is negative: its sign bit, spread
  return v128.bitselect(tail, f32x4.sub(ONE, tail), i32x4.shr_s(x, 31));
}
