// The optimiser's passes over one tensor.

import { loadPart, multiplyAdd, remainder, splat, storePart, wholeBytes } from "./lanes";

/** Σ x² of n values, in float64; goes to the address `to`. */
export function sumOfSquares(x: usize, n: i32, to: usize): void {
  const end = x + wholeBytes(n);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (; x < end; x += 16) {
    const v = v128.load(x);
    const first = f64x2.promote_low_f32x4(v);
    const second = f64x2.promote_low_f32x4(i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    low = f64x2.add(low, f64x2.mul(first, first));
    high = f64x2.add(high, f64x2.mul(second, second));
  }
  const pair = f64x2.add(low, high);
  let sum = f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
  for (let i = 0; i < remainder(n); i++) {
    const v = <f64>f32.load(x + (<usize>i << 2));
    sum += v * v;
  }
  f64.store(to, sum);
}

/**
 * One AdamW step of n values in place: parameter p, gradient g, moments m and v.
 *
 * @param keep factor of p, 1 − ηλ
 * @param rate η/(1 − β1^t)
 * @param correction 1/(1 − β2^t)
 * @param gradientScale factor of g
 */
export function adamw(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  n: i32,
  beta1: f32,
  beta2: f32,
  rest1: f32,
  rest2: f32,
  keep: f32,
  rate: f32,
  correction: f32,
  epsilon: f32,
  gradientScale: f32,
): void {
  const end = p + wholeBytes(n);
  const rest = remainder(n);
  for (; p < end; p += 16, g += 16, m += 16, v += 16) {
    const gradient = f32x4.mul(v128.load(g), splat(gradientScale));
    const first = multiplyAdd(splat(rest1), gradient, f32x4.mul(splat(beta1), v128.load(m)));
    const square = f32x4.mul(gradient, gradient);
    const second = multiplyAdd(splat(rest2), square, f32x4.mul(splat(beta2), v128.load(v)));
    v128.store(m, first);
    v128.store(v, second);
    v128.store(p, moved(v128.load(p), first, second, keep, rate, correction, epsilon));
  }
  if (rest) {
    const gradient = f32x4.mul(loadPart(g, rest), splat(gradientScale));
    const first = multiplyAdd(splat(rest1), gradient, f32x4.mul(splat(beta1), loadPart(m, rest)));
    const square = f32x4.mul(gradient, gradient);
    const second = multiplyAdd(splat(rest2), square, f32x4.mul(splat(beta2), loadPart(v, rest)));
    storePart(m, first, rest);
    storePart(v, second, rest);
    storePart(p, moved(loadPart(p, rest), first, second, keep, rate, correction, epsilon), rest);
  }
}

/** p · keep − rate · m/(√(v · correction) + ε). */
@inline
function moved(
  p: v128,
  m: v128,
  v: v128,
  keep: f32,
  rate: f32,
  correction: f32,
  epsilon: f32,
): v128 {
  const root = f32x4.add(f32x4.sqrt(f32x4.mul(v, splat(correction))), splat(epsilon));
  return f32x4.sub(f32x4.mul(p, splat(keep)), f32x4.div(f32x4.mul(m, splat(rate)), root));
}
