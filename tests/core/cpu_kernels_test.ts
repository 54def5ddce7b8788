import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { randomStream } from "@videoms/core";
import { openWasmEngine, type WasmEngine } from "../../core/cpu/wasm_engine.ts";
import * as reference from "./cpu_reference.ts";

/** A random tensor of unit scale; the name makes it its own. */
function random<T extends tf.Tensor>(shape: number[], name: string): T {
  const stream = randomStream(11, name, ...shape);
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => stream.normal());
  return tf.tensor(values, shape) as T;
}

/** Asserts that a tensor has a shape and values, within `tolerance` of the largest one. */
function assertClose(
  name: string,
  actual: tf.Tensor,
  shape: number[],
  expected: Float64Array,
  tolerance = 1e-6,
): void {
  assert.deepEqual(actual.shape, shape, name);
  const values = actual.dataSync();
  const scale = expected.reduce((top, value) => Math.max(top, Math.abs(value)), 1e-30);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(values[i] - expected[i]) / scale;
    assert.ok(error <= tolerance, `${name}[${i}]: ${values[i]}, expected ${expected[i]}`);
  }
}

/** Registers a test with a BLAS library (skipped by name where there is none) and without. */
function testEngines(name: string, test: (engine: WasmEngine) => void): void {
  for (const blas of ["auto", "none"] as const) {
    Deno.test({
      name: `cpu engine: ${name} [blas: ${blas}]`,
      ignore: blas === "auto" && !hasBlas,
      // The library and the backend stay open from test to test.
      sanitizeResources: false,
      sanitizeOps: false,
      fn: async () => {
        const engine = await openWasmEngine({ blas });
        assert.equal(engine.blas === null, blas === "none");
        const before = tf.memory().numTensors;
        tf.tidy(() => test(engine));
        assert.equal(tf.memory().numTensors, before);
      },
    });
  }
}

const hasBlas = (await openWasmEngine()).blas !== null;

// rows, inputs, outputs: around the sizes of tiles, panels and vectors
const LINEAR_SIZES = [[1, 1, 1], [1, 5, 3], [3, 1, 7], [4, 8, 8], [7, 30, 9], [97, 257, 33]];

testEngines("linear and its gradients", ({ kernels }) => {
  for (const [R, I, O] of [...LINEAR_SIZES, [5, 3, 1030]]) {
    const x = random<tf.Tensor2D>([R, I], "x");
    const w = random<tf.Tensor2D>([I, O], "w");
    const b = random<tf.Tensor1D>([O], "b");
    const dy = random<tf.Tensor2D>([R, O], "dy");
    const [xs, ws, bs, ds] = [x, w, b, dy].map((t) => t.dataSync());
    const at = (values: ArrayLike<number>, n: number) => (i: number, j: number) =>
      values[i * n + j];
    const flip = (values: ArrayLike<number>, n: number) => (i: number, j: number) =>
      values[j * n + i];
    const plain = reference.product(R, O, I, at(xs, I), at(ws, O));
    const name = `[${R}, ${I}] · [${I}, ${O}]`;
    assertClose(name, kernels.linear(x, w, null), [R, O], plain);
    assertClose(name, kernels.linear(x, w, b), [R, O], plain.map((v, i) => v + bs[i % O]));
    const { dx, dw, db } = kernels.linearGradients(x, w, dy, true);
    assertClose(`dx ${name}`, dx!, [R, I], reference.product(R, I, O, at(ds, O), flip(ws, O)));
    assertClose(`dw ${name}`, dw, [I, O], reference.product(I, O, R, flip(xs, I), at(ds, O)));
    assertClose(`db ${name}`, db, [O], reference.product(1, O, R, () => 1, at(ds, O)));
    assert.equal(kernels.linearGradients(x, w, dy, false).dx, null);
  }
});

testEngines("layer norm and its gradients", ({ kernels }) => {
  for (const [R, D] of [[1, 1], [1, 3], [5, 30], [3, 48], [2, 4], [9, 7]]) {
    const x = tf.add(tf.mul(random([R, D], "x"), 3), 2) as tf.Tensor2D;
    const scale = random<tf.Tensor1D>([D], "scale");
    const offset = random<tf.Tensor1D>([D], "offset");
    const dy = random<tf.Tensor2D>([R, D], "dy");
    const [xs, ss, os, ds] = [x, scale, offset, dy].map((t) => t.dataSync());
    const expected = reference.layerNorm(xs, ss, os, ds, R, D, 1e-6);
    const { y, statistics } = kernels.layerNorm(x, scale, offset, 1e-6);
    assertClose(`y [${R}, ${D}]`, y, [R, D], expected.y, 2e-6);
    assertClose(`statistics [${R}, ${D}]`, statistics, [R, 2], expected.statistics);
    const gradients = kernels.layerNormGradients(x, scale, statistics, dy);
    if (D > 1) assertClose(`dx [${R}, ${D}]`, gradients.dx, [R, D], expected.dx, 3e-6);
    assertClose(`dScale [${R}, ${D}]`, gradients.dScale, [D], expected.dScale, 3e-6);
    assertClose(`dOffset [${R}, ${D}]`, gradients.dOffset, [D], expected.dOffset);
  }
});

testEngines("gelu and its gradient", ({ kernels }) => {
  for (const size of [1, 2, 3, 4, 7, 1001]) {
    const x = tf.mul(random([size], "x"), 2);
    const dy = random([size], "dy");
    const [xs, ds] = [x, dy].map((t) => Float64Array.from(t.dataSync()));
    assertClose("gelu", kernels.gelu(x), [size], xs.map((v) => v * reference.normalCdf(v)), 2e-7);
    const expected = xs.map((v, i) => ds[i] * reference.geluSlope(v));
    assertClose("gelu gradient", kernels.geluGradient(x, dy), [size], expected, 3e-7);
  }
});

testEngines("gelu over its whole range", ({ kernels }) => {
  const x = tf.linspace(-12, 12, 4801);
  const y = kernels.gelu(x).dataSync();
  const slope = kernels.geluGradient(x, tf.onesLike(x)).dataSync();
  for (const [i, v] of x.dataSync().entries()) {
    const error = Math.abs(y[i] - v * reference.normalCdf(v));
    assert.ok(error <= 1.5e-7 * Math.max(1, Math.abs(v)), `gelu(${v}) = ${y[i]}`);
    assert.ok(Math.abs(slope[i] - reference.geluSlope(v)) <= 3e-7, `slope at ${v}: ${slope[i]}`);
  }
});

testEngines("attention and its gradient", ({ kernels }) => {
  const sizes = [[1, 1, 1, 16], [2, 5, 3, 16], [1, 7, 2, 20], [2, 13, 1, 80], [1, 118, 2, 64]];
  for (const [B, N, heads, d] of sizes) {
    const D = heads * d;
    const qkv = random<tf.Tensor3D>([B, N, 3 * D], "qkv");
    const dy = random<tf.Tensor3D>([B, N, D], "dy");
    const expected = reference.attention(qkv.dataSync(), dy.dataSync(), [B, N, heads, d]);
    const { y, saved } = kernels.attention(qkv, heads);
    const name = `[${B}, ${N}, ${heads} × ${d}]`;
    assertClose(`y ${name}`, y, [B, N, D], expected.y);
    const dQkv = kernels.attentionGradient(qkv, heads, y, saved, dy);
    assertClose(`dQkv ${name}`, dQkv, [B, N, 3 * D], expected.dQkv, 2e-6);
  }
});

testEngines("attention over scores far apart", ({ kernels }) => {
  const qkv = tf.mul(random<tf.Tensor3D>([1, 6, 48], "qkv"), 30) as tf.Tensor3D;
  const zeros = new Float64Array(6 * 16);
  const expected = reference.attention(qkv.dataSync(), zeros, [1, 6, 1, 16]);
  // scores are in the thousands, known to 6e-8 of themselves
  assertClose("y", kernels.attention(qkv, 1).y, [1, 6, 16], expected.y, 1e-3);
});

testEngines("gather and scatter rows", ({ kernels }) => {
  for (const D of [1, 3, 8]) {
    const x = random<tf.Tensor3D>([2, 5, D], "x");
    const index = tf.tensor2d([[0, 3, 4], [4, 1, 2]], [2, 3], "int32");
    const rows = kernels.gatherRows(x, index);
    const [xs, picked] = [x.arraySync(), rows.arraySync()];
    assert.deepEqual(picked, index.arraySync().map((kept, b) => kept.map((n) => xs[b][n])));
    const back = kernels.scatterRows(rows, index, 5).arraySync();
    const kept = index.arraySync();
    const zeros = new Array(D).fill(0);
    assert.deepEqual(back, xs.map((s, b) => s.map((r, n) => kept[b].includes(n) ? r : zeros)));
  }
});

testEngines("an index outside the rows is an error", ({ kernels }) => {
  const x = random<tf.Tensor3D>([1, 4, 2], "x");
  for (const bad of [4, -1]) {
    const index = tf.tensor2d([[0, bad]], [1, 2], "int32");
    const message = new RegExp(`an index must be in 0 … 3, got ${bad}`);
    assert.throws(() => kernels.gatherRows(x, index), message);
    assert.throws(
      () => kernels.scatterRows(tf.slice(x, [0, 0, 0], [1, 2, 2]), index, 4),
      message,
    );
  }
});

testEngines("inputs of a wrong shape are an error", ({ kernels }) => {
  const x = random<tf.Tensor2D>([3, 4], "x");
  const short = random<tf.Tensor1D>([3], "short");
  assert.throws(() => kernels.linear(x, x, null), RangeError);
  assert.throws(() => kernels.layerNorm(x, short, short, 1e-6), /must have shape \[4\], got \[3\]/);
  assert.throws(() => kernels.geluGradient(x, short as tf.Tensor as tf.Tensor2D), RangeError);
  assert.throws(() => kernels.attention(tf.reshape(x, [1, 2, 6]), 4), /multiple of 3 × heads/);
});
