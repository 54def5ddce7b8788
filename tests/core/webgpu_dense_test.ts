import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { randomStream } from "@videoms/core";
import type { WebGpuDevice } from "../../core/device/webgpu_device.ts";
import { GEMM_TILES, usualTile } from "../../core/webgpu/gemm/gemm_tile.ts";
import {
  type GemmCall,
  type GemmProduct,
  type GemmSizes,
  runGemm,
} from "../../core/webgpu/gemm/run_gemm.ts";
import { splitK } from "../../core/webgpu/gemm/split_k.ts";
import { GemmTuning, gemmTuning } from "../../core/webgpu/autotune/gemm_tuning.ts";
import type { TuningRecord } from "../../core/webgpu/autotune/tuning_record.ts";
import { LossScale } from "../../core/webgpu/loss_scale.ts";
import { storeAs } from "../../core/webgpu/store_as.ts";
import { denseKernels } from "../../core/webgpu/dense_kernels.ts";
import { isHalfSkipped, testOnGpu, valuesOf } from "../backends.ts";
import { geluSlope, normalCdf, product, type Values } from "./cpu_reference.ts";

/** Rows, inputs and outputs of a layer: single values, sizes that divide by nothing, many rows. */
const SIZES: [R: number, inputs: number, outputs: number][] = [
  [1, 1, 1],
  [5, 3, 7],
  [9, 1, 12],
  [130, 66, 34],
  [64, 128, 64],
  [118, 384, 1152],
  [70_000, 8, 4],
];

function gpuTest(name: string, test: (device: WebGpuDevice) => Promise<void>): void {
  testOnGpu(`webgpu dense: ${name}`, test);
}

/** The same where the GPU has half precision. */
function halfTest(name: string, test: (device: WebGpuDevice) => Promise<void>): void {
  testOnGpu(`webgpu dense: ${name}`, test, { ignore: isHalfSkipped });
}

function numbers(shape: number[], purpose: string, spread = 1): Float32Array<ArrayBuffer> {
  const size = shape.reduce((a, b) => a * b, 1);
  const draws = randomStream(7, purpose).uniforms(size);
  return Float32Array.from(draws, (draw) => spread * (2 * draw - 1));
}

function matrix(values: Float32Array, rows: number, columns: number): tf.Tensor2D {
  return tf.tensor2d(values, [rows, columns]);
}

/** Fails where a value is further from the expected one than a share of the largest. */
async function assertNear(actual: tf.Tensor, expected: Values, tolerance = 1e-5): Promise<void> {
  const values = await valuesOf(actual);
  assert.equal(values.length, expected.length);
  let largest = 1e-30;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(expected[i]));
  for (let i = 0; i < values.length; i++) {
    const error = Math.abs(values[i] - expected[i]) / largest;
    if (!(error <= tolerance)) {
      assert.fail(`value ${i} must be ${expected[i]}, got ${values[i]} (largest ${largest})`);
    }
  }
}

const gelu = (x: number): number => x * normalCdf(x);

/** A layer's values, and its products in float64. */
function layer([R, inputs, outputs]: [number, number, number]) {
  const x = numbers([R, inputs], "x", 2);
  const w = numbers([inputs, outputs], "w");
  const b = numbers([outputs], "b");
  const dy = numbers([R, outputs], "dy");
  const forward = (input: Values) => {
    const y = product(
      R,
      outputs,
      inputs,
      (r, i) => input[r * inputs + i],
      (i, o) => w[i * outputs + o],
    );
    return y.map((v, i) => v + b[i % outputs]);
  };
  const backward = (input: Values) => ({
    dx: product(R, inputs, outputs, (r, o) => dy[r * outputs + o], (o, i) => w[i * outputs + o]),
    dw: product(inputs, outputs, R, (i, r) => input[r * inputs + i], (r, o) => dy[r * outputs + o]),
    db: product(1, outputs, R, () => 1, (r, o) => dy[r * outputs + o]),
  });
  const tensors = () => ({
    tx: matrix(x, R, inputs),
    tw: matrix(w, inputs, outputs),
    tb: tf.tensor1d(b),
    tdy: matrix(dy, R, outputs),
  });
  return { x, forward, backward, tensors };
}

for (const size of SIZES) {
  gpuTest(
    `a layer of ${size.join("x")} and its gradients match float64 loops`,
    async ({ queue }) => {
      const kernels = denseKernels(queue);
      const { x, forward, backward, tensors } = layer(size);
      const { tx, tw, tb, tdy } = tensors();
      const expected = forward(x);
      await assertNear(kernels.linear(tx, tw, tb), expected);
      const { dx, dw, db } = kernels.linearGradients(tx, tw, tdy, true);
      const gradients = backward(x);
      await assertNear(dx!, gradients.dx);
      await assertNear(dw, gradients.dw);
      await assertNear(db, gradients.db);
      const { pre, y } = kernels.linearGelu(tx, tw, tb);
      await assertNear(pre, expected);
      await assertNear(y, expected.map(gelu));
      tf.dispose([tx, tw, tb, tdy]);
    },
  );
}

for (const size of SIZES) {
  gpuTest(`gradients of a layer of ${size.join("x")} after GELU match float64 loops`, async ({
    queue,
  }) => {
    const kernels = denseKernels(queue);
    const { x, backward, tensors } = layer(size);
    const { tx, tw, tb, tdy } = tensors();
    const { dx, dw, db } = kernels.geluLinearGradients(tx, tw, tdy);
    const expected = backward(Float64Array.from(x, gelu));
    await assertNear(dx, expected.dx.map((v, i) => v * geluSlope(x[i])));
    await assertNear(dw, expected.dw);
    await assertNear(db, expected.db);
    tf.dispose([tx, tw, tb, tdy]);
  });
}

gpuTest("what is added is scaled by the factor of its sample", async ({ queue }) => {
  const kernels = denseKernels(queue);
  for (const size of [[6, 3, 7], [130, 66, 36]] as [number, number, number][]) {
    const [R, , outputs] = size;
    const { x, forward, tensors } = layer(size);
    const { tx, tw, tb, tdy: residual } = tensors();
    const plain = forward(x);
    const skip = await residual.data();
    await assertNear(kernels.linear(tx, tw, tb, { residual }), plain.map((v, i) => v + skip[i]));
    const factors = tf.tensor1d([1.25, 0]);
    const scaled = plain.map((v, i) => skip[i] + (i < R / 2 * outputs ? 1.25 * v : 0));
    await assertNear(kernels.linear(tx, tw, tb, { residual, factors }), scaled);
    const withoutBias = tf.tidy(() =>
      tf.sub(kernels.linear(tx, tw, tb), kernels.linear(tx, tw, null)) as tf.Tensor2D
    );
    const bias = await tb.data();
    await assertNear(withoutBias, plain.map((_, i) => bias[i % outputs]));
    tf.dispose([tx, tw, tb, residual, factors]);
  }
});

gpuTest("the three products of a layer agree on <dy, xw>", async ({ queue }) => {
  const kernels = denseKernels(queue);
  const { tensors } = layer([300, 50, 44]);
  const { tx, tw, tb, tdy } = tensors();
  const [byY, byX, byW] = await Promise.all(
    tf.tidy(() => {
      const y = kernels.linear(tx, tw, null);
      const { dx, dw } = kernels.linearGradients(tx, tw, tdy, true);
      return [tf.sum(tf.mul(y, tdy)), tf.sum(tf.mul(dx!, tx)), tf.sum(tf.mul(dw, tw))];
    }).map(async (sum) => (await valuesOf(sum))[0]),
  );
  const scale = Math.sqrt(300 * 50 * 44);
  assert.ok(Math.abs(byY - byX) < 1e-5 * scale, `${byY} ${byX}`);
  assert.ok(Math.abs(byY - byW) < 1e-5 * scale, `${byY} ${byW}`);
  tf.dispose([tx, tw, tb, tdy]);
});

const CALLS: [name: string, sizes: GemmSizes, extra: Partial<GemmCall>][] = [
  ["forward", { form: "nn", m: 128, n: 68, k: 32 }, { finish: { kind: "gelu" } }],
  ["input gradient", { form: "nt", m: 37, n: 67, k: 33 }, {}],
  ["weight gradient", { form: "tn", m: 68, n: 36, k: 130 }, { columnSums: true, geluA: true }],
  ["weight gradient in parts", { form: "tn", m: 7, n: 5, k: 1100 }, { columnSums: true }],
];

function operandsOf({ form, m, n, k }: GemmSizes): [a: Float32Array, b: Float32Array] {
  return [numbers([m, k], `a ${form}`), numbers([k, n], `b ${form}`)];
}

for (const [name, sizes, extra] of CALLS) {
  gpuTest(`${name}: every tile gives the same bits`, async ({ queue }) => {
    const [a, b] = operandsOf(sizes).map((values) => tf.tensor1d(values));
    let first: Float32Array[] | null = null;
    for (const tile of GEMM_TILES) {
      const { c, y, sums } = runGemm(queue, tile, { sizes, a, b, ...extra });
      const results = [];
      for (const tensor of [c, y, sums]) if (tensor) results.push(await valuesOf(tensor));
      first ??= results;
      assert.deepEqual(results, first, tile.name);
    }
    tf.dispose([a, b]);
  });

  halfTest(`${name}: operands and results in half precision`, async ({ queue }) => {
    // Values of half precision, so that only the results are rounded.
    const [a, b] = operandsOf(sizes).map((v) =>
      tf.tensor1d(Float32Array.from(new Float16Array(v)))
    );
    const [halfA, halfB] = [a, b].map((tensor) => storeAs(queue, tensor, "f16"));
    const tile = GEMM_TILES[2];
    const want = runGemm(queue, tile, { sizes, a, b, ...extra });
    const [c, y, sums] = await Promise.all(
      [want.c, want.y, want.sums].map((tensor) => tensor && valuesOf(tensor)),
    );
    const mixes = [[halfA, halfB, "f16"], [a, halfB, "f32"], [halfA, b, "f32"]] as const;
    for (const [operandA, operandB, results] of mixes) {
      const isSummed = sizes.form === "tn"; // those products give gradients of weights, in float32
      const type = isSummed ? "f32" : results;
      const call: GemmCall = { sizes, a: operandA, b: operandB, results: type, ...extra };
      const half = runGemm(queue, tile, call);
      assert.equal(queue.typeOf(half.c), type);
      const tolerance = type === "f16" ? 2 ** -11 : 1e-6;
      await assertNear(half.c, c!, tolerance);
      if (y) await assertNear(half.y!, y, tolerance);
      if (sums) await assertNear(half.sums!, sums, 1e-6);
    }
    tf.dispose([a, b, halfA, halfB]);
  });

  halfTest(
    `${name}: a gradient in half precision gives one in float32 without its scale`,
    async ({ queue }) => {
      const [a, b] = operandsOf(sizes).map((values) =>
        tf.tidy(() => storeAs(queue, tf.tensor1d(values), "f16"))
      );
      const lossScale = new LossScale(queue.memory);
      lossScale.write({ scale: 4, goodSteps: 0, overflows: 0 });
      const tile = GEMM_TILES[2];
      const want = runGemm(queue, tile, { sizes, a, b, ...extra });
      const gradient = { operand: "b", lossScale } as const;
      const scaled = runGemm(queue, tile, { sizes, a, b, ...extra, gradient });
      const quarter = (values: Float32Array) => values.map((v) => v / 4);
      await assertNear(scaled.c, quarter(await valuesOf(want.c)), 0);
      if (want.sums) await assertNear(scaled.sums!, quarter(await valuesOf(want.sums)), 0);
      tf.dispose([a, b, want.y ?? [], scaled.y ?? []]);
    },
  );
}

gpuTest("gelu and its slope are exact to 1e-6", async ({ queue }) => {
  const kernels = denseKernels(queue);
  const x = Float32Array.from({ length: 24_001 }, (_, i) => (i - 12_000) / 1000);
  for (const length of [x.length, x.length - 1]) {
    const values = x.subarray(0, length);
    const tensor = tf.tensor1d(values);
    const ones = tf.ones([length]);
    const y = await valuesOf(kernels.gelu(tensor));
    const slope = await valuesOf(kernels.geluGradient(tensor, ones));
    values.forEach((v, i) => {
      assert.ok(Math.abs(y[i] - gelu(v)) <= 1e-6, `gelu(${v}) is ${gelu(v)}, got ${y[i]}`);
      assert.ok(Math.abs(slope[i] - geluSlope(v)) <= 1e-6, `slope at ${v}: ${slope[i]}`);
    });
    tf.dispose([tensor, ones]);
  }
  const far = tf.tensor1d([-1e30, -100, 0, 100, 1e30]);
  assert.deepEqual([...await valuesOf(kernels.gelu(far))].map(Math.abs), [
    0,
    0,
    0,
    100,
    Math.fround(1e30),
  ]);
  far.dispose();
});

gpuTest("rows are scaled by the factor of their sample", async ({ queue }) => {
  const kernels = denseKernels(queue);
  for (const D of [3, 8]) {
    const values = numbers([6, D], "rows");
    const x = matrix(values, 6, D);
    const factors = tf.tensor1d([2, 0, -0.5]);
    const expected = Float32Array.from(values, (v, i) => v * [2, 0, -0.5][Math.floor(i / (2 * D))]);
    assert.deepEqual(
      await valuesOf(kernels.scaleSamples(x, factors)).then((v) => v.map((z) => z + 0)),
      expected.map((z) => z + 0),
    );
    const wrong = tf.tensor1d([1, 2, 3, 4]);
    assert.throws(
      () => kernels.scaleSamples(x, wrong),
      /multiple of the factors, got 6 rows and 4/,
    );
    tf.dispose([x, factors, wrong]);
  }
});

gpuTest("a layer is one dispatch, its gradients are two and a sum of parts", async ({ queue }) => {
  const kernels = denseKernels(queue);
  const dispatches = (run: () => unknown): number => {
    const before = queue.counts().dispatches;
    tf.tidy(() => void run());
    return queue.counts().dispatches - before;
  };
  for (const [rows, parts] of [[200, 1], [2000, 7]]) {
    assert.equal(splitK(12, 8, rows).count, parts);
    const { tx, tw, tb, tdy } = layer([rows, 12, 8]).tensors();
    const factors = tf.ones([2]) as tf.Tensor1D;
    const sum = parts > 1 ? 1 : 0;
    assert.equal(dispatches(() => kernels.linear(tx, tw, tb)), 1);
    assert.equal(dispatches(() => kernels.linear(tx, tw, tb, { residual: tdy, factors })), 1);
    assert.equal(dispatches(() => kernels.linearGelu(tx, tw, tb)), 1);
    assert.equal(dispatches(() => kernels.linearGradients(tx, tw, tdy, false)), 1 + sum);
    assert.equal(dispatches(() => kernels.linearGradients(tx, tw, tdy, true)), 2 + sum);
    assert.equal(dispatches(() => kernels.geluLinearGradients(tx, tw, tdy)), 2 + sum);
    tf.dispose([tx, tw, tb, tdy, factors]);
  }
  await queue.device.queue.onSubmittedWorkDone();
});

gpuTest("no rows give empty results and no gradient", async ({ queue }) => {
  const kernels = denseKernels(queue);
  const { tw, tb, tx, tdy } = layer([0, 4, 8]).tensors();
  const { pre, y } = kernels.linearGelu(tx, tw, tb);
  const { dx, dw, db } = kernels.geluLinearGradients(tx, tw, tdy);
  const plain = kernels.linear(tx, tw, null, { residual: tdy });
  assert.deepEqual([pre, y, dx, plain].map(({ shape }) => shape), [[0, 8], [0, 8], [0, 4], [0, 8]]);
  await assertNear(dw, new Float32Array(32));
  await assertNear(db, new Float32Array(8));
  tf.dispose([tw, tb, tx, tdy, pre, y, dx, plain]);
});

gpuTest("tensors that do not fit are refused", async ({ queue }) => {
  const kernels = denseKernels(queue);
  const { tx, tw, tb, tdy } = layer([6, 4, 8]).tensors();
  assert.throws(() => kernels.linear(tdy, tw, tb), /"w" must have shape \[8,8\], got \[4,8\]/);
  assert.throws(() => kernels.linearGradients(tx, tw, tx, true), /"dy" must have shape \[6,8\]/);
  assert.throws(() => kernels.geluGradient(tx, tdy), /"dy"/);
  tf.dispose([tx, tw, tb, tdy]);
  await Promise.resolve();
});

gpuTest("results do not depend on when commands are submitted", async ({ queue }) => {
  const kernels = denseKernels(queue);
  const { tx, tw, tb, tdy } = layer([2000, 12, 8]).tensors();
  const run = async (flush: () => void): Promise<Float32Array[]> => {
    const results = tf.tidy(() => {
      const { pre, y } = kernels.linearGelu(tx, tw, tb);
      flush();
      const { dw } = kernels.linearGradients(tx, tw, y, false);
      flush();
      const slope = kernels.geluGradient(pre, tdy);
      flush();
      return [dw, slope, kernels.linearGradients(tx, tw, slope, false).db];
    });
    flush();
    return await Promise.all(results.map(valuesOf));
  };
  assert.deepEqual(await run(() => queue.flush()), await run(() => {}));
  tf.dispose([tx, tw, tb, tdy]);
});

halfTest("products in half precision are measured by themselves", async ({ queue }) => {
  const tuning = new GemmTuning(queue);
  const product: GemmProduct = { form: "nt", m: 40, n: 24, k: 8, a: "f16", results: "f16" };
  tuning.tile(product);
  assert.deepEqual(tuning.unmeasured(), [product]);
  await tuning.tune();
  const [measured] = Object.values(tuning.save().adapters);
  assert.deepEqual(Object.keys(measured), ["nt 40x24x8 f16,f32,f16"]);
});

gpuTest("measured tiles are kept, saved and loaded", async ({ queue }) => {
  const kernels = denseKernels(queue);
  const tuning = gemmTuning(queue);
  const { tx, tw, tb, tdy } = layer([48, 40, 44]).tensors();
  const before = await valuesOf(kernels.linear(tx, tw, tb));
  const sizes: GemmSizes = { form: "nn", m: 48, n: 44, k: 40 };
  assert.ok(
    tuning.unmeasured().some(({ form, m, n, k }) => `${[form, m, n, k]}` === "nn,48,44,40"),
  );
  await tuning.tune([sizes, { ...sizes, m: 0 }]);
  assert.ok(GEMM_TILES.includes(tuning.tile(sizes)));
  assert.deepEqual(await valuesOf(kernels.linear(tx, tw, tb)), before);

  const saved = JSON.parse(JSON.stringify(tuning.save())) as TuningRecord;
  const [adapter] = Object.keys(saved.adapters);
  assert.deepEqual(saved.adapters[adapter], { "nn 48x48x40": tuning.tile(sizes).name });
  const fresh = new GemmTuning(queue);
  const other = { "Another GPU": { "nn 8x8x8": GEMM_TILES[0].name } };
  fresh.load({
    ...saved,
    adapters: { ...other, [adapter]: { "nn 48x48x40": GEMM_TILES[3].name } },
  });
  assert.equal(fresh.tile({ ...sizes, m: 49 }), GEMM_TILES[3]); // the same when rounded
  assert.deepEqual(fresh.unmeasured(), []);
  assert.deepEqual(fresh.save().adapters["Another GPU"], other["Another GPU"]);
  const stale = new GemmTuning(queue);
  assert.equal(stale.load({ ...saved, version: -1 }), false);
  assert.equal(stale.tile(sizes), usualTile(48, 44, false));
  for (
    const [record, message] of [
      [{}, /Cannot load tuning: it must have "adapters"/],
      [{ version: 1, adapters: [] }, /it must have "adapters", got/],
      [{ version: 1, adapters: { x: null } }, /"x" must have names of tiles, got null/],
      [{ version: 1, adapters: { x: { y: 3 } } }, /"x" must have names of tiles, got {"y":3}/],
      [{ version: "1", adapters: {} }, /"version" must be a whole number, got "1"/],
    ] as const
  ) assert.throws(() => stale.load(record as unknown as TuningRecord), message);
  tf.dispose([tx, tw, tb, tdy]);
});
