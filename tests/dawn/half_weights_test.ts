import "./use_dawn.ts";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  AdamW,
  initialParameters,
  Parameters,
  type ParameterSpec,
  randomStream,
} from "@videoms/core";
import type { WebGpuDevice } from "../../core/device/webgpu_device.ts";
import { denseKernels } from "../../core/webgpu/dense_kernels.ts";
import { gpuAdamW } from "../../core/webgpu/gpu_adamw.ts";
import type { GpuQueue } from "../../core/webgpu/gpu_queue.ts";
import { LossScale } from "../../core/webgpu/loss_scale.ts";
import { storeAs } from "../../core/webgpu/store_as.ts";
import { isSkipped, openTestGpu, testOnGpu, valuesOf } from "../backends.ts";

const device: WebGpuDevice | null = isSkipped("webgpu") ? null : await openTestGpu();

function matrixTest(name: string, test: (queue: GpuQueue) => Promise<void>): void {
  testOnGpu(`half-precision weights: ${name} [dawn]`, ({ queue }) => test(queue), {
    ignore: !device?.queue.matrixUnits.length,
    open: () => Promise.resolve(device!),
  });
}

/** Matrices of whole vectors and of an odd number of values, between vectors. */
const specs: ParameterSpec[] = ([[3, 5], [7], [64, 48], [1, 1], [130]] as number[][]).map(
  (shape, i) => ({
    name: `p${i}`,
    shape,
    initializer: { kind: "truncated-normal", std: 0.5, limit: 2 },
  }),
);
const MATRICES = ["p0", "p2", "p3"];

/** Weights and their optimiser. */
function open(queue: GpuQueue, lossScale: LossScale | null) {
  const parameters = new Parameters(specs, initialParameters(specs, 4));
  const optimizer = new AdamW(
    { adamw: (subject) => gpuAdamW(queue, subject, { lossScale }) },
    parameters,
  );
  const random = randomStream(6, "gradients");
  const step = (scale = 1) => {
    const loss = tf.scalar(1);
    const gradients = new Map(
      specs.map(({ name, shape }) => [
        name,
        tf.fill([...shape], scale * random.normal()),
      ]),
    );
    optimizer.step(gradients, { learningRate: 0.01, weightDecay: 0.1, loss });
    tf.dispose([loss, ...gradients.values()]);
  };
  const dispose = () => {
    optimizer.dispose();
    parameters.dispose();
  };
  return { parameters, step, dispose };
}

/** Fails unless every copy equals its weight, rounded. */
async function assertCurrent(queue: GpuQueue, parameters: Parameters): Promise<void> {
  const weights = new Map(parameters.entries());
  for (const name of MATRICES) {
    const weight = weights.get(name)!;
    const copy = queue.memory.halfCopyOf(weight);
    assert.ok(copy);
    const full = storeAs(queue, { ...copy, shape: weight.shape } as tf.Tensor, "f32");
    const expected = new Float32Array(Float16Array.from(await weight.data()));
    assert.deepEqual(await valuesOf(full), expected, name);
  }
}

matrixTest("equal the rounded weights in 500 steps, and nothing grows", async (queue) => {
  const { parameters, step, dispose } = open(queue, new LossScale(queue.memory));
  await assertCurrent(queue, parameters);
  step();
  const { dispatches, pipelines, usedBytes } = queue.counts();
  step();
  const perStep = queue.counts().dispatches - dispatches;
  for (let i = 2; i < 500; i++) {
    step(i === 250 ? Infinity : 1); // one is left out
    if (i % 100 === 0) await assertCurrent(queue, parameters);
  }
  await assertCurrent(queue, parameters);
  assert.equal(perStep, 3);
  const after = queue.counts();
  assert.ok(after.pipelines - pipelines <= 2, "those that the test reads with");
  assert.equal(after.usedBytes, usedBytes);
  dispose();
});

matrixTest("follow weights that are loaded, and end with the optimiser", async (queue) => {
  const { parameters, step, dispose } = open(queue, new LossScale(queue.memory));
  step();
  for (let i = 0; i < 2; i++) {
    parameters.writeTensor("p2", Float32Array.from({ length: 64 * 48 }, (_, j) => Math.sin(i + j)));
    await assertCurrent(queue, parameters);
    step();
    await assertCurrent(queue, parameters);
  }
  const weight = new Map(parameters.entries()).get("p2")!;
  const kept = weight.clone();
  dispose();
  assert.equal(queue.memory.halfCopyOf(kept), null);
  kept.dispose();
});

matrixTest("are kept in half precision only", (queue) => {
  const { parameters, dispose } = open(queue, null);
  const weight = new Map(parameters.entries()).get("p2")!;
  assert.equal(queue.memory.halfCopyOf(weight), null);
  dispose();
  return Promise.resolve();
});

matrixTest("are what products read, forward and for the input's gradient", async (queue) => {
  const lossScale = new LossScale(queue.memory);
  const { parameters, dispose } = open(queue, lossScale);
  const { memory } = queue;
  const kernels = denseKernels(queue, { type: "f16", lossScale });
  const weight = new Map(parameters.entries()).get("p2") as tf.Tensor2D;
  const bias = tf.zeros([48]) as tf.Tensor1D;
  const full = tf.randomNormal<tf.Rank.R2>([9, 64], 0, 1, "float32", 3);
  const x = storeAs(queue, full, "f16");
  const products = async () => {
    const y = kernels.linear(x, weight, bias);
    const { dx, dw, db } = kernels.linearGradients(x, weight, y, true);
    tf.dispose([dw, db]);
    return [await valuesOf(y), await valuesOf(dx!)];
  };
  const current = await products();
  const copy = memory.halfCopyOf(weight)!;
  const nothing = tf.zeros([64, 48]);
  const zeros = storeAs(queue, nothing, "f16");
  memory.setHalfCopy(weight, () => zeros);
  for (const values of await products()) assert.ok(values.every((value) => value === 0));
  memory.setHalfCopy(weight, () => copy);
  assert.deepEqual(await products(), current);
  tf.dispose([bias, full, x, nothing, zeros]);
  dispose();
});
