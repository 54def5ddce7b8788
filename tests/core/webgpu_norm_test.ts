import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { randomStream } from "@videoms/core";
import { referenceNorm } from "../../core/ops/reference/reference_norm.ts";
import type { GpuQueue } from "../../core/webgpu/gpu_queue.ts";
import { normKernels } from "../../core/webgpu/norm_kernels.ts";
import { testOnGpu, valuesOf } from "../backends.ts";
import { assertNear, layerNorm } from "./cpu_reference.ts";

const EPSILON = 1e-6;

/** Rows and width: single values, odd widths, a part of a workgroup and several, many rows. */
const SIZES: [R: number, D: number][] = [
  [1, 1],
  [7, 3],
  [131, 30],
  [66, 384],
  [33, 768],
  [9, 1024],
  [5, 1280],
  [3, 1283],
  [2, 4100],
  [70_001, 4],
];

function gpuTest(name: string, test: (queue: GpuQueue) => Promise<void>): void {
  testOnGpu(`webgpu norm: ${name}`, ({ queue }) => test(queue));
}

interface Input {
  x: tf.Tensor2D;
  scale: tf.Tensor1D;
  offset: tf.Tensor1D;
  dy: tf.Tensor2D;
  residual: tf.Tensor2D;
}

/** Random input, and its values on the host. */
function inputOf([R, D]: [number, number], mean = 0.3) {
  const random = randomStream(5, `norm ${R} ${D}`);
  const numbers = (count: number, add = 0) =>
    Float32Array.from({ length: count }, () => add + random.normal());
  const values = {
    x: numbers(R * D, mean),
    scale: numbers(D, 1),
    offset: numbers(D),
    dy: numbers(R * D),
    residual: numbers(R * D),
  };
  const rows = (v: Float32Array) => tf.tensor2d(v, [R, D]);
  const input: Input = {
    x: rows(values.x),
    scale: tf.tensor1d(values.scale),
    offset: tf.tensor1d(values.offset),
    dy: rows(values.dy),
    residual: rows(values.residual),
  };
  return { values, input };
}

function dispose({ x, scale, offset, dy, residual }: Input): void {
  tf.dispose([x, scale, offset, dy, residual]);
}

/** The norm and its gradients, with everything submitted in between. */
async function run(queue: GpuQueue, { x, scale, offset, dy, residual }: Input, adds: boolean) {
  const kernels = normKernels(queue);
  const { y, statistics } = kernels.layerNorm(x, scale, offset, EPSILON);
  queue.flush();
  const gradients = kernels.layerNormGradients(x, scale, statistics, dy, adds ? residual : null);
  queue.flush();
  return {
    y: await valuesOf(y),
    statistics: await valuesOf(statistics),
    dx: await valuesOf(gradients.dx),
    dScale: await valuesOf(gradients.dScale),
    dOffset: await valuesOf(gradients.dOffset),
  };
}

for (const size of SIZES) {
  gpuTest(`[${size}] matches float64 loops`, async (queue) => {
    const { values, input } = inputOf(size);
    const { x, scale, offset, dy, residual } = values;
    const expected = layerNorm(x, scale, offset, dy, ...size, EPSILON);
    for (const adds of [false, true]) {
      const actual = await run(queue, input, adds);
      if (adds) expected.dx.forEach((v, i) => expected.dx[i] = v + residual[i]);
      for (const name of ["y", "statistics", "dx", "dScale", "dOffset"] as const) {
        const tolerance = name === "dScale" || name === "dOffset" ? 1e-5 : 2e-6;
        assertNear(actual[name], expected[name], tolerance, name);
      }
    }
    dispose(input);
  });
}

gpuTest("a mean far larger than the deviation costs no digits", async (queue) => {
  for (const size of [[6, 768], [5, 30]] as [number, number][]) {
    const { values, input } = inputOf(size, 1e4);
    const { x, scale, offset, dy } = values;
    const expected = layerNorm(x, scale, offset, dy, ...size, EPSILON);
    const actual = await run(queue, input, false);
    for (const name of ["y", "dx", "dScale", "dOffset"] as const) {
      assertNear(actual[name], expected[name], 3e-6, name);
    }
    dispose(input);
  }
});

gpuTest("rows of equal values become the offset", async (queue) => {
  const { input } = inputOf([3, 768]);
  const flat = tf.fill([3, 768], 12345.678) as tf.Tensor2D;
  const { y } = await run(queue, { ...input, x: flat }, false);
  const offset = await input.offset.data();
  assertNear(y, Float32Array.from(y, (_, i) => offset[i % 768]), 1e-5, "y");
  flat.dispose();
  dispose(input);
});

gpuTest("matches stock operations", async (queue) => {
  const { input } = inputOf([50, 192]);
  const { x, scale, offset, dy, residual } = input;
  const actual = await run(queue, input, true);
  const plain = referenceNorm.layerNorm(x, scale, offset, EPSILON);
  const gradients = referenceNorm.layerNormGradients(x, scale, plain.statistics, dy, residual);
  for (const [name, tensor] of Object.entries({ ...plain, ...gradients })) {
    assertNear(actual[name as keyof typeof actual], await valuesOf(tensor), 1e-5, name);
  }
  dispose(input);
});

gpuTest("two runs agree in every bit, and rows do not depend on their batch", async (queue) => {
  const { input } = inputOf([200, 384]);
  const first = await run(queue, input, true);
  assert.deepEqual(await run(queue, input, true), first);
  const part = (tensor: tf.Tensor2D) => tf.slice(tensor, [77, 0], [3, 384]);
  const few = { ...input, x: part(input.x), dy: part(input.dy), residual: part(input.residual) };
  const alone = await run(queue, few, true);
  assert.deepEqual(alone.y, first.y.slice(77 * 384, 80 * 384));
  assert.deepEqual(alone.dx, first.dx.slice(77 * 384, 80 * 384));
  tf.dispose([few.x, few.dy, few.residual]);
  dispose(input);
});

gpuTest("takes one dispatch, its gradients two", async (queue) => {
  const kernels = normKernels(queue);
  const { x, scale, offset, dy, residual } = inputOf([5000, 12]).input;
  const { dispatches } = queue.counts();
  const { y, statistics } = kernels.layerNorm(x, scale, offset, EPSILON);
  assert.equal(queue.counts().dispatches - dispatches, 1);
  const gradients = kernels.layerNormGradients(x, scale, statistics, dy, residual);
  assert.equal(queue.counts().dispatches - dispatches, 3);
  await valuesOf(gradients.dx);
  tf.dispose([x, scale, offset, dy, residual, y, statistics, gradients.dScale, gradients.dOffset]);
});

gpuTest("no rows give empty results and no gradient", async (queue) => {
  const { input } = inputOf([0, 8]);
  const kernels = normKernels(queue);
  const { y, statistics } = kernels.layerNorm(input.x, input.scale, input.offset, EPSILON);
  assert.deepEqual([y.shape, statistics.shape], [[0, 8], [0, 2]]);
  const gradients = kernels.layerNormGradients(input.x, input.scale, statistics, input.dy);
  assert.deepEqual(gradients.dx.shape, [0, 8]);
  assertNear(await valuesOf(gradients.dScale), new Float32Array(8), 0, "dScale");
  assertNear(await valuesOf(gradients.dOffset), new Float32Array(8), 0, "dOffset");
  tf.dispose([y, statistics, gradients.dx]);
  dispose(input);
});

gpuTest("wrong shapes are refused", (queue) => {
  const { input } = inputOf([2, 8]);
  const { x, scale, offset, dy } = input;
  const kernels = normKernels(queue);
  const wrong = tf.zeros([4]) as tf.Tensor1D;
  assert.throws(() => kernels.layerNorm(x, wrong, offset, EPSILON), /"scale".*\[8\], got \[4\]/);
  assert.throws(
    () => kernels.layerNormGradients(x, scale, dy, dy),
    /"statistics" must have shape \[2,2\], got \[2,8\]/,
  );
  wrong.dispose();
  dispose(input);
  return Promise.resolve();
});

gpuTest("a profile times every dispatch by its kind of kernel", async (queue) => {
  const x = tf.ones<tf.Rank.R2>([33, 24]);
  const [scale, bias] = [tf.ones<tf.Rank.R1>([24]), tf.zeros<tf.Rank.R1>([24])];
  const { layerNorm } = normKernels(queue);
  queue.beginProfile();
  for (let i = 0; i < 3; i++) tf.dispose(Object.values(layerNorm(x, scale, bias, 1e-6)));
  const [time, ...others] = await queue.endProfile();
  assert.equal(time.kernel, "layer norm");
  assert.equal(time.dispatches, 3);
  assert.ok(time.milliseconds > 0);
  assert.deepEqual(others, []);
  tf.dispose(Object.values(layerNorm(x, scale, bias, 1e-6)));
  assert.deepEqual(await queue.endProfile(), [], "over with the profile");
  tf.dispose([x, scale, bias]);
});
