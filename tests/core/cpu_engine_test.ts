import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { openWasmEngine, type WasmEngine } from "../../core/cpu/wasm_engine.ts";

/** Registers a test of both forms of the engine. */
function testEngine(name: string, test: (engine: WasmEngine) => void): void {
  for (const blas of ["auto", "none"] as const) {
    Deno.test({
      name: `cpu engine: ${name} [blas: ${blas}]`,
      sanitizeResources: false,
      sanitizeOps: false,
      fn: async () => {
        const engine = await openWasmEngine({ blas });
        const before = tf.memory().numTensors;
        tf.tidy(() => test(engine));
        assert.equal(tf.memory().numTensors, before);
      },
    });
  }
}

/** Small integers, whose products and sums are exact. */
function integers<T extends tf.Tensor>(shape: number[], step: number): T {
  const values = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => i * step % 7 - 3);
  return tf.tensor(values, shape) as T;
}

testEngine("matMul of every orientation, with broadcast batches", () => {
  const shapes: [number[], number[]][] = [
    [[3, 5], [5, 2]],
    [[4, 3, 5], [4, 5, 2]],
    [[2, 1, 3, 5], [1, 4, 5, 2]],
    [[2, 3, 3, 5], [3, 5, 2]],
    [[3, 5], [2, 2, 5, 2]],
    [[1, 1, 1], [1, 1]],
  ];
  for (const [shapeA, shapeB] of shapes) {
    const a = integers(shapeA, 3);
    const b = integers(shapeB, 5);
    // the same product by multiplication and sums: [..., m, k, 1] · [..., 1, k, n] over k
    const terms = tf.mul(tf.expandDims(a, -1), tf.expandDims(b, -3));
    const expected = tf.sum(terms, -2);
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const product = tf.matMul(
          transposeA ? swapped(a) : a,
          transposeB ? swapped(b) : b,
          transposeA,
          transposeB,
        );
        assert.deepEqual(product.shape, expected.shape);
        assert.deepEqual(product.dataSync(), expected.dataSync());
      }
    }
  }
});

function swapped(x: tf.Tensor): tf.Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return tf.transpose(x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}

testEngine("a clone shares its values and outlives its source", () => {
  const x = tf.tensor1d([1, 2, 3]);
  const buffers = tf.memory().numDataBuffers;
  const y = tf.clone(x);
  assert.equal(tf.memory().numDataBuffers, buffers);
  x.dispose();
  tf.fill([3], 9); // takes freed memory, if there is any
  assert.deepEqual([...y.dataSync()], [1, 2, 3]);
});

testEngine("results stay right while the heap grows", (engine) => {
  const x = integers<tf.Tensor2D>([6, 5], 3);
  const w = integers<tf.Tensor2D>([5, 4], 5);
  const expected = engine.kernels.linear(x, w, null).dataSync();
  const before = engine.heapBytes();
  const big = tf.zeros([engine.heapBytes() / 4 + 1]);
  assert.ok(engine.heapBytes() > before);
  assert.deepEqual(engine.kernels.linear(x, w, null).dataSync(), expected);
  big.dispose();
});

testEngine("memory is used again", (engine) => {
  const qkv = integers<tf.Tensor3D>([2, 40, 96], 3);
  const step = () =>
    tf.tidy(() => {
      const { y, saved } = engine.kernels.attention(qkv, 2);
      engine.kernels.attentionGradient(qkv, 2, y, saved, y);
    });
  step();
  const bytes = engine.heapBytes();
  for (let i = 0; i < 500; i++) step();
  assert.equal(engine.heapBytes(), bytes);
});

testEngine("sum of squares", (engine) => {
  for (const size of [1, 3, 4, 9, 1003]) {
    const x = integers([size], 3);
    const expected = [...x.dataSync()].reduce((sum, value) => sum + value * value, 0);
    assert.equal(engine.sumOfSquares(x), expected);
  }
  // float32 would stop at 2^24
  assert.equal(engine.sumOfSquares(tf.fill([5], 4099)), 5 * 4099 ** 2);
});

testEngine("AdamW as in float64", (engine) => {
  for (const size of [1, 6, 32768, 70001]) {
    const start = integers([size], 3).dataSync();
    const parameter = tf.variable(tf.tensor(start, [size]));
    const moments = { first: new Float32Array(size), second: new Float32Array(size) };
    const [p, m, v] = [Float64Array.from(start), new Float64Array(size), new Float64Array(size)];
    for (let step = 1; step <= 3; step++) {
      const gradient = tf.mul(integers([size], 2 + step), 0.1);
      const g = gradient.dataSync();
      engine.adamw(parameter, gradient, moments, {
        learningRate: 0.01,
        weightDecay: 0.05,
        betas: [0.9, 0.95],
        epsilon: 1e-8,
        step,
        gradientScale: 0.5,
      });
      for (let i = 0; i < size; i++) {
        m[i] = 0.9 * m[i] + 0.1 * 0.5 * g[i];
        v[i] = 0.95 * v[i] + 0.05 * (0.5 * g[i]) ** 2;
        const root = Math.sqrt(v[i] / (1 - 0.95 ** step)) + 1e-8;
        p[i] = p[i] * (1 - 0.01 * 0.05) - 0.01 * m[i] / (1 - 0.9 ** step) / root;
      }
    }
    const values = parameter.dataSync();
    for (let i = 0; i < size; i++) {
      assert.ok(Math.abs(values[i] - p[i]) <= 1e-6 * Math.max(1, Math.abs(p[i])));
      assert.ok(Math.abs(moments.first[i] - m[i]) <= 1e-7);
      assert.ok(Math.abs(moments.second[i] - v[i]) <= 1e-7);
    }
    parameter.dispose();
  }
});

testEngine("AdamW leaves copies of the parameter alone, and refuses wrong sizes", (engine) => {
  const parameter = tf.variable(tf.tensor1d([1, 2]));
  const copy = tf.clone(parameter);
  const moments = { first: new Float32Array(2), second: new Float32Array(2) };
  const change = {
    learningRate: 0.1,
    weightDecay: 0,
    betas: [0.9, 0.95] as const,
    epsilon: 1e-8,
    step: 1,
    gradientScale: 1,
  };
  engine.adamw(parameter, tf.tensor1d([1, 1]), moments, change);
  assert.deepEqual([...copy.dataSync()], [1, 2]);
  assert.ok(Math.abs(parameter.dataSync()[0] - 0.9) < 1e-6);
  assert.throws(() => engine.adamw(parameter, tf.tensor1d([1]), moments, change), RangeError);
  parameter.dispose();
});

Deno.test("cpu engine: says why there is no BLAS library", async () => {
  const engine = await openWasmEngine({ blas: "none" });
  assert.equal(engine.blas, null);
  assert.match(engine.blasProblem!, /none/);
});

Deno.test({
  name: "cpu engine: opened twice, it is the same",
  sanitizeResources: false,
  fn: async () => {
    const first = await openWasmEngine();
    const bytes = first.heapBytes();
    assert.equal(await openWasmEngine(), first);
    assert.equal(first.heapBytes(), bytes);
  },
});
