import "./use_dawn.ts";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { findAdapter, GemmTuning, type GpuQueue, randomStream } from "@videoms/core";
import { denseKernels } from "../../core/webgpu/dense_kernels.ts";
import { matrixTiles } from "../../core/webgpu/gemm/matrix_tile.ts";
import { runGemm } from "../../core/webgpu/gemm/run_gemm.ts";
import { LossScale } from "../../core/webgpu/loss_scale.ts";
import { type Shader, shaderCode } from "../../core/webgpu/shader.ts";
import { testOnGpu, valuesOf } from "../backends.ts";
import { normalCdf, product } from "../core/cpu_reference.ts";
import { assertNear } from "../core/cpu_reference.ts";
import { checkProduct, PRODUCTS } from "../core/matrix_products.ts";

const adapter = await findAdapter({ gpu: "dawn", checks: true }).catch(() => null); // the package may be missing

function unitTest(name: string, test: (queue: GpuQueue) => Promise<void>): void {
  testOnGpu(`matrix units: ${name} [dawn]`, ({ queue }) => test(queue), {
    ignore: !adapter || adapter.matrixConfigs.length === 0,
  });
}

/** Tokens that make edges of all kinds. */
const ROWS = [1, 7, 8, 9, 17, 31, 33, 64, 118, 157, 197, 392];

const smallest = ({ matrixUnits, device }: GpuQueue) =>
  matrixTiles(matrixUnits, device.limits).at(-1)!;

unitTest("products of any number of rows match float64", async (queue) => {
  for (const rows of ROWS) {
    const types = ["f16", "f16", "f16"] as const;
    await checkProduct(queue, smallest(queue), { sizes: { form: "nn", m: rows, n: 40, k: 24 } });
    await checkProduct(queue, smallest(queue), {
      sizes: { form: "nt", m: rows, n: 24, k: 40 },
      types,
    });
    await checkProduct(queue, smallest(queue), {
      sizes: { form: "tn", m: 24, n: 40, k: rows },
      columnSums: true,
    });
  }
});

unitTest("all prologues and epilogues match float64", async (queue) => {
  for (const product of PRODUCTS) await checkProduct(queue, smallest(queue), product);
});

unitTest("tiles give the same bits, fetched ahead or not", async (queue) => {
  const sizes = { form: "nn", m: 33, n: 37, k: 41 } as const;
  const [a, b] = [tf.randomNormal([33 * 41]), tf.randomNormal([37 * 41])];
  const [unit] = queue.matrixUnits;
  const tile = { ...smallest(queue), name: "two matrices ahead", rows: 2 * unit.m, prefetch: true };
  const expected = await valuesOf(runGemm(queue, smallest(queue), { sizes, a, b }).c);
  assert.deepEqual(await valuesOf(runGemm(queue, tile, { sizes, a, b }).c), expected);
  tf.dispose([a, b]);
});

/** A layer after GELU, its gradients on matrix units, and their directional derivatives. */
async function checkGradients(queue: GpuQueue, lossScale: LossScale, dyScale: number) {
  const [rows, inputs, outputs] = [33, 20, 28];
  const draws = (size: number, purpose: string, scale = 1) =>
    Float64Array.from(
      randomStream(5, purpose).uniforms(size),
      (v) => Math.fround(scale * (2 * v - 1)),
    );
  const x = draws(rows * inputs, "x", 2);
  const w = draws(inputs * outputs, "w");
  const dy = draws(rows * outputs, "dy", dyScale);
  const loss = (x: Float64Array, w: Float64Array) => {
    const gelu = x.map((v) => v * normalCdf(v));
    const y = product(
      rows,
      outputs,
      inputs,
      (r, i) => gelu[r * inputs + i],
      (i, o) => w[i * outputs + o],
    );
    return y.reduce((sum, v, i) => sum + v * dy[i], 0);
  };
  const slope = (values: Float64Array, at: number, loss: (values: Float64Array) => number) => {
    const moved = (by: number) => loss(values.map((v, i) => i === at ? v + by : v));
    return (moved(1e-4) - moved(-1e-4)) / 2e-4;
  };
  const tensors = [
    tf.tensor2d(Float32Array.from(x), [rows, inputs]),
    tf.tensor2d(Float32Array.from(w), [inputs, outputs]),
    tf.tensor2d(Float32Array.from(dy), [rows, outputs]),
  ];
  const kernels = denseKernels(queue, { type: "f32", lossScale });
  const { dx, dw, db } = kernels.geluLinearGradients(tensors[0], tensors[1], tensors[2]);
  tf.dispose(tensors);
  const [byX, byW, byB] = await Promise.all([dx, dw, db].map(valuesOf));
  const some = [0, 1, 7, 131, 500];
  const pick = (values: Float32Array) => some.map((i) => values[i]);
  const sums = product(1, outputs, rows, () => 1, (r, o) => dy[r * outputs + o]);
  assertNear(byB, sums, 1e-3);
  assertNear(pick(byX), some.map((i) => slope(x, i, (x) => loss(x, w))), 2e-3);
  assertNear(pick(byW), some.map((i) => slope(w, i, (w) => loss(x, w))), 2e-3);
}

unitTest("gradients match finite differences, small ones by the loss scale", async (queue) => {
  const lossScale = new LossScale(queue.memory);
  await checkGradients(queue, lossScale, 1);
  lossScale.write({ scale: 2 ** 24, goodSteps: 0, overflows: 0 });
  await checkGradients(queue, lossScale, 1e-9);
  lossScale.write({ scale: 1, goodSteps: 0, overflows: 0 });
  const lost = checkGradients(queue, lossScale, 1e-9); // without a scale
  await assert.rejects(lost, { name: "AssertionError" });
  lossScale.write({ scale: 2 ** 15, goodSteps: 0, overflows: 0 });
  const kernels = denseKernels(queue, { type: "f32", lossScale });
  const [x, w, dy] = [tf.ones([33, 20]), tf.ones([20, 28]), tf.fill([33, 28], 3)] as tf.Tensor2D[];
  const { dx, dw, db } = kernels.geluLinearGradients(x, w, dy);
  for (const gradient of await Promise.all([dx, dw, db].map(valuesOf))) {
    assert.ok(gradient.every((value) => !Number.isFinite(value)), "overflow must be seen");
  }
  tf.dispose([x, w, dy]);
});

unitTest("only products that may be rounded are on matrix units", async (queue) => {
  const tuning = new GemmTuning(queue);
  const sizes = { form: "nn", m: 48, n: 44, k: 40 } as const;
  assert.equal(tuning.tile(sizes).unit, null);
  assert.equal(
    tuning.tile({ ...sizes, mayRound: true }),
    tuning.tile({ ...sizes, mayRound: true }),
  );
  const { unit, name } = tuning.tile({ ...sizes, mayRound: true });
  assert.equal(unit, queue.matrixUnits[0]);
  const { version } = tuning.save();
  const other = matrixTiles(queue.matrixUnits, queue.device.limits)[0];
  assert.notEqual(other.name, name);
  const choices = { "nn 48x48x40": name, "nn 48x48x40 rounded": other.name };
  assert.ok(tuning.load({ version, adapters: { [`${queue.adapter.name} (Dawn)`]: choices } }));
  assert.equal(tuning.tile({ ...sizes, mayRound: true }).name, other.name);
  assert.deepEqual(tuning.unmeasured(), []);
  await queue.device.queue.onSubmittedWorkDone();
});

/** The shaders that work on a queue would run, which are not run. */
function shadersOf(queue: GpuQueue, work: () => void): Shader[] {
  const shaders: Shader[] = [];
  queue.run = (shader) => void shaders.push(shader);
  try {
    work();
  } finally {
    delete (queue as Partial<GpuQueue>).run;
  }
  return shaders;
}

unitTest("products on units of other GPUs are valid WGSL", async (queue) => {
  const units = [[16, 16, 16], [16, 8, 16], [8, 16, 16]].map(([m, n, k]) => ({
    m,
    n,
    k,
    subgroupSize: 32,
  }));
  const shaders = shadersOf(queue, () => {
    for (const tile of units.flatMap((unit) => matrixTiles([unit], queue.device.limits))) {
      tf.tidy(() => {
        const [a, b] = [tf.zeros([33 * 41]), tf.zeros([37 * 41])];
        for (const form of ["nn", "nt", "tn"] as const) {
          const columnSums = form === "tn";
          runGemm(queue, tile, { sizes: { form, m: 33, n: 37, k: 41 }, a, b, columnSums });
        }
      });
    }
  });
  assert.ok(shaders.length >= 3 * 3 * 5);
  for (const shader of shaders) {
    const module = queue.device.createShaderModule({ code: shaderCode(shader, queue) });
    const { messages } = await module.getCompilationInfo();
    assert.deepEqual(messages.map(({ message }) => message), [], shader.key);
  }
});
