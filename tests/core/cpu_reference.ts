import assert from "node:assert/strict";

/**
 * The CPU engine's kernels as plain float64 loops. Matrices are row-major.
 *
 * @module
 */

/** Values of a tensor, whatever holds them. */
export type Values = ArrayLike<number>;

/** Fails where a value is further from the expected one than a share of the largest. */
export function assertNear(values: Values, expected: Values, tolerance: number, name = ""): void {
  assert.equal(values.length, expected.length);
  let largest = 1e-30;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]));
  for (let i = 0; i < expected.length; i++) {
    if (Math.abs(values[i] - expected[i]) <= tolerance * largest) continue;
    assert.fail(`${name} value ${i} must be ${expected[i]}, got ${values[i]} (largest ${largest})`);
  }
}

/** a [m, k] · b [k, n]; each operand is read through a function of its row and column. */
export function product(
  m: number,
  n: number,
  k: number,
  a: (row: number, column: number) => number,
  b: (row: number, column: number) => number,
): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      for (let p = 0; p < k; p++) c[i * n + j] += a(i, p) * b(p, j);
    }
  }
  return c;
}

/** Φ(x), by the series of erf near 0 and the continued fraction of erfc far from it. */
export function normalCdf(x: number): number {
  const z = Math.abs(x) * Math.SQRT1_2;
  let half: number; // ½ erfc(z)
  if (z < 3) {
    let term = z;
    let sum = z;
    for (let n = 1; n < 100; n++) {
      term *= -z * z / n;
      sum += term / (2 * n + 1);
    }
    half = 0.5 - sum / Math.sqrt(Math.PI);
  } else {
    let fraction = z;
    for (let n = 60; n > 0; n--) fraction = z + n / 2 / fraction;
    half = Math.exp(-z * z) / fraction / Math.sqrt(Math.PI) / 2;
  }
  return x < 0 ? half : 1 - half;
}

/** Φ(x) + x·φ(x), the slope of GELU. */
export function geluSlope(x: number): number {
  return normalCdf(x) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}

/** Layer normalisation of x [rows, n], and its gradients for dy. */
export function layerNorm(
  x: Values,
  scale: Values,
  offset: Values,
  dy: Values,
  rows: number,
  n: number,
  epsilon: number,
): Record<"y" | "statistics" | "dx" | "dScale" | "dOffset", Float64Array> {
  const y = new Float64Array(rows * n);
  const dx = new Float64Array(rows * n);
  const statistics = new Float64Array(rows * 2);
  const dScale = new Float64Array(n);
  const dOffset = new Float64Array(n);
  for (let r = 0; r < rows; r++) {
    const row = Array.from({ length: n }, (_, j) => x[r * n + j]);
    const mean = row.reduce((sum, v) => sum + v, 0) / n;
    const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n;
    const rstd = 1 / Math.sqrt(variance + epsilon);
    statistics.set([mean, rstd], 2 * r);
    const normal = row.map((v) => (v - mean) * rstd);
    const h = row.map((_, j) => dy[r * n + j] * scale[j]);
    const meanH = h.reduce((sum, v) => sum + v, 0) / n;
    const meanProduct = h.reduce((sum, v, j) => sum + v * normal[j], 0) / n;
    for (let j = 0; j < n; j++) {
      y[r * n + j] = normal[j] * scale[j] + offset[j];
      dx[r * n + j] = rstd * (h[j] - meanH - normal[j] * meanProduct);
      dScale[j] += dy[r * n + j] * normal[j];
      dOffset[j] += dy[r * n + j];
    }
  }
  return { y, statistics, dx, dScale, dOffset };
}

/** Sizes of an attention: batch, tokens, heads, width of a head. */
export type AttentionSizes = readonly [B: number, N: number, heads: number, d: number];

/** Attention over packed qkv [B, N, 3·heads·d], and its gradient for dy [B, N, heads·d]. */
export function attention(
  qkv: Values,
  dy: Values,
  [B, N, heads, d]: AttentionSizes,
): { y: Float64Array; dQkv: Float64Array } {
  const D = heads * d;
  const y = new Float64Array(B * N * D);
  const dQkv = new Float64Array(B * N * 3 * D);
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < heads; h++) {
      const packed = (third: number) => (token: number, i: number) =>
        (b * N + token) * 3 * D + third * D + h * d + i;
      const plain = (token: number, i: number) => (b * N + token) * D + h * d + i;
      oneHead(qkv, dy, y, dQkv, N, d, [packed(0), packed(1), packed(2)], plain);
    }
  }
  return { y, dQkv };
}

type Place = (token: number, i: number) => number;

function oneHead(
  qkv: Values,
  dy: Values,
  y: Float64Array,
  dQkv: Float64Array,
  N: number,
  d: number,
  [q, k, v]: [Place, Place, Place],
  plain: Place,
): void {
  const scale = 1 / Math.sqrt(d);
  for (let n = 0; n < N; n++) {
    const scores = Array.from({ length: N }, (_, m) => {
      let dot = 0;
      for (let i = 0; i < d; i++) dot += qkv[q(n, i)] * qkv[k(m, i)];
      return dot * scale;
    });
    const top = Math.max(...scores);
    const weights = scores.map((s) => Math.exp(s - top));
    const total = weights.reduce((sum, w) => sum + w, 0);
    const p = weights.map((w) => w / total);
    const dP = p.map((_, m) => {
      let dot = 0;
      for (let i = 0; i < d; i++) dot += dy[plain(n, i)] * qkv[v(m, i)];
      return dot;
    });
    const centre = p.reduce((sum, w, m) => sum + w * dP[m], 0);
    for (let m = 0; m < N; m++) {
      const dS = p[m] * (dP[m] - centre) * scale;
      for (let i = 0; i < d; i++) {
        y[plain(n, i)] += p[m] * qkv[v(m, i)];
        dQkv[v(m, i)] += p[m] * dy[plain(n, i)];
        dQkv[q(n, i)] += dS * qkv[k(m, i)];
        dQkv[k(m, i)] += dS * qkv[q(n, i)];
      }
    }
  }
}
