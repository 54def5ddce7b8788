// Bytes to patches, and the loss of reconstructed ones. Values of a patch are (frame, row, column,
// channel) with three channels, so twelve values, or three vectors, hold four whole pixels.

import { multiplyAdd, splat } from "./lanes";

/**
 * Cuts tokens out of one clip.
 *
 * @param clip bytes [·, size, size, 3]
 * @param table [3, 256], the value of each byte by channel
 * @param index int32 [count], the tokens; 0 for first, first + 1, …
 * @param y [count, tubelet · patch · patch · 3]
 */
export function patches(
  clip: usize,
  table: usize,
  index: usize,
  first: i32,
  y: usize,
  count: i32,
  tubelet: i32,
  patch: i32,
  size: i32,
): void {
  const columns = size / patch;
  const perTubelet = columns * columns;
  const line = <usize>(size * 3);
  for (let k = 0; k < count; k++) {
    const token = index ? load<i32>(index + (<usize>k << 2)) : first + k;
    const place = token % perTubelet;
    const corner = clip + <usize>(token / perTubelet * tubelet * size + place / columns * patch) * line +
      <usize>(place % columns * patch * 3);
    for (let f = 0; f < tubelet; f++) {
      for (let i = 0; i < patch; i++) {
        let from = corner + <usize>(f * size + i) * line;
        const end = from + <usize>(patch * 3);
        for (; from < end; from += 3, y += 12) {
          f32.store(y, f32.load(table + (<usize>load<u8>(from) << 2)));
          f32.store(y, f32.load(table + (<usize>load<u8>(from, 1) << 2), 1024), 4);
          f32.store(y, f32.load(table + (<usize>load<u8>(from, 2) << 2), 2048), 8);
        }
      }
    }
  }
}

/** Lane values a, b, c, d. */
@inline
function lanes(a: f32, b: f32, c: f32, d: f32): v128 {
  return f32x4.replace_lane(f32x4.replace_lane(f32x4.replace_lane(splat(a), 1, b), 2, c), 3, d);
}

/** Sum of the lanes of three vectors of pixels that belong to red. */
@inline
function red(a: v128, b: v128, c: v128): f32 {
  return (f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 3)) +
    (f32x4.extract_lane(b, 2) + f32x4.extract_lane(c, 1));
}

@inline
function green(a: v128, b: v128, c: v128): f32 {
  return (f32x4.extract_lane(a, 1) + f32x4.extract_lane(b, 0)) +
    (f32x4.extract_lane(b, 3) + f32x4.extract_lane(c, 2));
}

@inline
function blue(a: v128, b: v128, c: v128): f32 {
  return (f32x4.extract_lane(a, 2) + f32x4.extract_lane(b, 1)) +
    (f32x4.extract_lane(c, 0) + f32x4.extract_lane(c, 3));
}

/**
 * Adds up the squared error of each row and gives the gradient; the targets of a row are
 * (value − shift) · gain + offset by channel.
 *
 * With `normalize`, shift is the channel's mean and gain makes its unbiased deviation 1 (1e-6 is added to
 * the deviation of pixels in [0, 1], hence `deviation`). The mean is taken twice, the second time of what
 * the first left: float32 sums of a bright patch with little contrast are off by a visible share of
 * its contrast.
 *
 * @param scale [6], mean and deviation of the channels in patches
 * @param d [rows, n], gets factor · (prediction − target)
 * @param losses float64 [rows]
 */
export function reconstruction(
  prediction: usize,
  patches: usize,
  scale: usize,
  d: usize,
  losses: usize,
  rows: i32,
  n: i32,
  normalize: bool,
  factor: f32,
): void {
  const bytes = <usize>n << 2;
  const whole = <usize>(n / 12 * 48);
  const pixels = <f32>(n / 3);
  const mr = f32.load(scale), mg = f32.load(scale, 4), mb = f32.load(scale, 8);
  const vr = f32.load(scale, 12), vg = f32.load(scale, 16), vb = f32.load(scale, 20);
  let sr: f32 = 0, sg: f32 = 0, sb: f32 = 0; // shift
  let gr = vr, gg = vg, gb = vb; // gain
  let or = mr, og = mg, ob = mb; // offset
  const f = splat(factor);
  for (let r = 0; r < rows; r++) {
    if (normalize) {
      let a = splat(0), b = splat(0), c = splat(0);
      for (let j: usize = 0; j < whole; j += 48) {
        a = f32x4.add(a, v128.load(patches + j));
        b = f32x4.add(b, v128.load(patches + j, 16));
        c = f32x4.add(c, v128.load(patches + j, 32));
      }
      sr = red(a, b, c), sg = green(a, b, c), sb = blue(a, b, c);
      for (let j = whole; j < bytes; j += 12) {
        sr += f32.load(patches + j), sg += f32.load(patches + j, 4), sb += f32.load(patches + j, 8);
      }
      sr /= pixels, sg /= pixels, sb /= pixels;
      const s0 = lanes(sr, sg, sb, sr), s1 = lanes(sg, sb, sr, sg), s2 = lanes(sb, sr, sg, sb);
      a = b = c = splat(0);
      let qa = splat(0), qb = splat(0), qc = splat(0);
      for (let j: usize = 0; j < whole; j += 48) {
        const u = f32x4.sub(v128.load(patches + j), s0);
        const v = f32x4.sub(v128.load(patches + j, 16), s1);
        const w = f32x4.sub(v128.load(patches + j, 32), s2);
        a = f32x4.add(a, u), b = f32x4.add(b, v), c = f32x4.add(c, w);
        qa = multiplyAdd(u, u, qa), qb = multiplyAdd(v, v, qb), qc = multiplyAdd(w, w, qc);
      }
      let er = red(a, b, c), eg = green(a, b, c), eb = blue(a, b, c);
      let qr = red(qa, qb, qc), qg = green(qa, qb, qc), qbl = blue(qa, qb, qc);
      for (let j = whole; j < bytes; j += 12) {
        const u = f32.load(patches + j) - sr;
        const v = f32.load(patches + j, 4) - sg;
        const w = f32.load(patches + j, 8) - sb;
        er += u, eg += v, eb += w;
        qr += u * u, qg += v * v, qbl += w * w;
      }
      er /= pixels, eg /= pixels, eb /= pixels;
      gr = gain(qr - pixels * er * er, pixels, vr);
      gg = gain(qg - pixels * eg * eg, pixels, vg);
      gb = gain(qbl - pixels * eb * eb, pixels, vb);
      // What rounding left of the mean is finer than the values' own spacing: it goes to the offset.
      or = -er * gr, og = -eg * gg, ob = -eb * gb;
    }
    const sum = compare(
      prediction, patches, d, whole, bytes, f, factor, sr, sg, sb, gr, gg, gb, or, og, ob,
    );
    f64.store(losses, sum);
    prediction += bytes;
    patches += bytes;
    d += bytes;
    losses += 8;
  }
}

/** deviation / (deviation · √(squares / (count − 1)) + 1e-6). */
@inline
function gain(squares: f32, count: f32, deviation: f32): f32 {
  return deviation / (deviation * sqrt<f32>(squares / (count - 1)) + <f32>1e-6);
}

/** Σ (prediction − target)² of a row, and d = factor · (prediction − target). */
function compare(
  prediction: usize,
  patches: usize,
  d: usize,
  whole: usize,
  bytes: usize,
  f: v128,
  factor: f32,
  sr: f32,
  sg: f32,
  sb: f32,
  gr: f32,
  gg: f32,
  gb: f32,
  or: f32,
  og: f32,
  ob: f32,
): f64 {
  const s0 = lanes(sr, sg, sb, sr), s1 = lanes(sg, sb, sr, sg), s2 = lanes(sb, sr, sg, sb);
  const g0 = lanes(gr, gg, gb, gr), g1 = lanes(gg, gb, gr, gg), g2 = lanes(gb, gr, gg, gb);
  const o0 = lanes(or, og, ob, or), o1 = lanes(og, ob, or, og), o2 = lanes(ob, or, og, ob);
  let sum = splat(0);
  for (let j: usize = 0; j < whole; j += 48) {
    let t = multiplyAdd(f32x4.sub(v128.load(patches + j), s0), g0, o0);
    let e = f32x4.sub(v128.load(prediction + j), t);
    sum = multiplyAdd(e, e, sum);
    v128.store(d + j, f32x4.mul(e, f));
    t = multiplyAdd(f32x4.sub(v128.load(patches + j, 16), s1), g1, o1);
    e = f32x4.sub(v128.load(prediction + j, 16), t);
    sum = multiplyAdd(e, e, sum);
    v128.store(d + j, f32x4.mul(e, f), 16);
    t = multiplyAdd(f32x4.sub(v128.load(patches + j, 32), s2), g2, o2);
    e = f32x4.sub(v128.load(prediction + j, 32), t);
    sum = multiplyAdd(e, e, sum);
    v128.store(d + j, f32x4.mul(e, f), 32);
  }
  let total = <f64>f32x4.extract_lane(sum, 0) + <f64>f32x4.extract_lane(sum, 1) +
    <f64>f32x4.extract_lane(sum, 2) + <f64>f32x4.extract_lane(sum, 3);
  for (let j = whole; j < bytes; j += 12) {
    const u = f32.load(prediction + j) - ((f32.load(patches + j) - sr) * gr + or);
    const v = f32.load(prediction + j, 4) - ((f32.load(patches + j, 4) - sg) * gg + og);
    const w = f32.load(prediction + j, 8) - ((f32.load(patches + j, 8) - sb) * gb + ob);
    total += <f64>u * <f64>u + <f64>v * <f64>v + <f64>w * <f64>w;
    f32.store(d + j, u * factor);
    f32.store(d + j, v * factor, 4);
    f32.store(d + j, w * factor, 8);
  }
  return total;
}
