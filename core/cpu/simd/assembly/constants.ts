// Vectors of constants, in globals that prepare() sets: V8 makes a vector constant anew at each use, in
// three instructions, but loads a global that may change in one. (exp4 takes 1.5 ns a value so, and
// 2.3 ns with constants in place.)

import { splat } from "./lanes";

const UNSET: v128 = f32x4.splat(0);

export let HALF: v128 = UNSET;
export let ONE: v128 = UNSET;
export let MINUS_HALF: v128 = UNSET;
export let INVERSE_SQRT_2PI: v128 = UNSET;

/** Where exp is clamped. */
export let EXP_HIGHEST: v128 = UNSET;
export let EXP_LOWEST: v128 = UNSET;
export let LOG2_E: v128 = UNSET;
/** −ln 2 in two parts; the high one has so few bits that its product with an exponent is exact. */
export let MINUS_LN2_HIGH: v128 = UNSET;
export let MINUS_LN2_LOW: v128 = UNSET;
/** 1.5 · 2²³: a sum with it is rounded to a whole number, which its lowest bits hold. */
export let ROUND: v128 = UNSET;
/** Added to an exponent in a float's bits, int32. */
export let EXPONENT_BIAS: v128 = UNSET;
/** Coefficients of exp's polynomial, the highest power first. */
export let E0: v128 = UNSET;
export let E1: v128 = UNSET;
export let E2: v128 = UNSET;
export let E3: v128 = UNSET;
export let E4: v128 = UNSET;
export let E5: v128 = UNSET;

/** What |x| is multiplied with for Φ. */
export let CDF_SCALE: v128 = UNSET;
/** Coefficients of Φ's polynomial, the highest power first. */
export let Q0: v128 = UNSET;
export let Q1: v128 = UNSET;
export let Q2: v128 = UNSET;
export let Q3: v128 = UNSET;
export let Q4: v128 = UNSET;
export let Q5: v128 = UNSET;
export let Q6: v128 = UNSET;

/** Sets the constants; to be called before any kernel. */
export function prepare(): void {
  HALF = splat(0.5);
  ONE = splat(1);
  MINUS_HALF = splat(-0.5);
  INVERSE_SQRT_2PI = splat(0.3989422804014327);
  EXP_HIGHEST = splat(88);
  EXP_LOWEST = splat(-87);
  LOG2_E = splat(1.4426950408889634);
  MINUS_LN2_HIGH = splat(-0.693359375);
  MINUS_LN2_LOW = splat(2.12194440e-4);
  ROUND = splat(12582912);
  EXPONENT_BIAS = i32x4.splat(127);
  E0 = splat(1.9875691500e-4);
  E1 = splat(1.3981999507e-3);
  E2 = splat(8.3334519073e-3);
  E3 = splat(4.1665795894e-2);
  E4 = splat(1.6666665459e-1);
  E5 = splat(5.0000001201e-1);
  CDF_SCALE = splat(0.3);
  Q0 = splat(0.0494581259);
  Q1 = splat(-0.0348797851);
  Q2 = splat(-0.1505285013);
  Q3 = splat(0.0567198899);
  Q4 = splat(0.6993533136);
  Q5 = splat(-1.4479623112);
  Q6 = splat(1.3298074254);
}
