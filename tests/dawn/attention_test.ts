import "./use_dawn.ts";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { randomStream, tidy } from "@videoms/core";
import type { WebGpuDevice } from "../../core/device/webgpu_device.ts";
import { attentionKernels } from "../../core/webgpu/attention_kernels.ts";
import { denseKernels } from "../../core/webgpu/dense_kernels.ts";
import type { GpuQueue } from "../../core/webgpu/gpu_queue.ts";
import { LossScale } from "../../core/webgpu/loss_scale.ts";
import { isSkipped, openTestGpu, testOnGpu, valuesOf } from "../backends.ts";
import { assertNear, attention, product } from "../core/cpu_reference.ts";
import { caseOf, onUnits, run, stored } from "../core/matrix_attention_cases.ts";

const device: WebGpuDevice | null = isSkipped("webgpu") ? null : await openTestGpu();

function matrixTest(name: string, test: (queue: GpuQueue) => Promise<void>): void {
  testOnGpu(`attention on matrix units: ${name} [dawn]`, ({ queue }) => test(queue), {
    ignore: !device?.queue.matrixUnits.length,
    open: () => Promise.resolve(device!),
  });
}

/** A token alone, parts of matrices and of tiles, whole ones, and those of our networks. */
const TOKENS = [1, 7, 8, 9, 17, 31, 33, 64, 118, 157, 197, 392];

matrixTest("heads of 16 match float64 loops", async (queue) => {
  for (const tokens of TOKENS) {
    const given = caseOf(queue, tokens < 64 ? [2, tokens, 3, 16] : [1, tokens, 2, 16]);
    const { y, dQkv } = await run(queue, given);
    assertNear(y, given.expected.y, 1e-3, `y of ${tokens} tokens`);
    assertNear(dQkv, given.expected.dQkv, 2e-3, `gradient of ${tokens} tokens`);
  }
});

matrixTest("scores that rise from tile to tile, and large ones", async (queue) => {
  for (const spread of [2, 5]) { // of scores, the square of it
    const given = caseOf(queue, [1, 157, 2, 16], spread);
    const { y, dQkv } = await run(queue, given);
    assertNear(y, given.expected.y, 1e-3, "y");
    assertNear(dQkv, given.expected.dQkv, 2e-3, "gradient");
  }
});

matrixTest(
  "saves what the kernels for float32 save, and needs as many dispatches",
  async (queue) => {
    const plain = attentionKernels(queue, undefined, []);
    const sizes = [2, 45, 3, 16] as const;
    const before = queue.counts().dispatches;
    const expected = await run(queue, caseOf(queue, sizes), plain);
    const between = queue.counts().dispatches;
    const { saved, y, dQkv } = await run(queue, caseOf(queue, sizes));
    assert.equal(queue.counts().dispatches - between, between - before);
    assertNear(saved, expected.saved, 1e-6, "saved");
    assertNear(y, expected.y, 1e-3, "y");
    assertNear(dQkv, expected.dQkv, 2e-3, "gradient");
  },
);

matrixTest(
  "two runs agree in every bit, and samples do not depend on their batch",
  async (queue) => {
    const first = await run(queue, caseOf(queue, [3, 50, 2, 16]));
    assert.deepEqual(await run(queue, caseOf(queue, [3, 50, 2, 16])), first);
    const given = caseOf(queue, [3, 50, 2, 16]);
    const part = async (tensor: tf.Tensor3D) => {
      const [, tokens, width] = tensor.shape;
      const values = await valuesOf(tensor);
      return stored(queue, values.slice(tokens * width, 2 * tokens * width), [1, tokens, width]);
    };
    const alone = await run(queue, {
      ...given,
      qkv: await part(given.qkv),
      dy: await part(given.dy),
    });
    assert.deepEqual(alone.y, first.y.slice(50 * 32, 100 * 32));
    assert.deepEqual(alone.dQkv, first.dQkv.slice(50 * 96, 100 * 96));
  },
);

matrixTest("a sample that is not finite leaves the others alone", async (queue) => {
  const clean = await run(queue, caseOf(queue, [2, 33, 1, 16]));
  const given = caseOf(queue, [2, 33, 1, 16]);
  const values = await valuesOf(given.qkv);
  values[values.length >> 1] = NaN;
  const qkv = stored(queue, values, [2, 33, 48]);
  const { y, dQkv } = await run(queue, { ...given, qkv });
  assert.deepEqual(y.slice(0, y.length / 2), clean.y.slice(0, y.length / 2));
  assert.ok(y.slice(y.length / 2).some(Number.isNaN));
  assert.ok(dQkv.slice(dQkv.length / 2).some(Number.isNaN));
});

matrixTest("gradients through products and attention match finite differences", async (queue) => {
  const [tokens, width] = [33, 16];
  const sizes = [1, tokens, 1, width] as const;
  const random = randomStream(9, "weights");
  const draws = (count: number) =>
    Float64Array.from(new Float16Array(Array.from({ length: count }, () => random.normal())));
  const [x, dy] = [draws(tokens * width), draws(tokens * width)];
  const w = draws(width * 3 * width).map((value) => value / 4);
  const loss = (w: Float64Array) => {
    const qkv = product(
      tokens,
      3 * width,
      width,
      (r, i) => x[r * width + i],
      (i, o) => w[i * 3 * width + o],
    );
    return attention(qkv, dy, sizes).y.reduce((sum, value, i) => sum + value * dy[i], 0);
  };
  const lossScale = new LossScale(queue.memory);
  lossScale.write({ scale: 1, goodSteps: 0, overflows: 0 });
  const dense = denseKernels(queue, { type: "f16", lossScale });
  const half = (values: Float64Array) =>
    stored(queue, new Float32Array(values), [1, tokens, width]);
  const dw = tidy(() => {
    const rows = tf.reshape(half(x), [tokens, width]) as tf.Tensor2D;
    const weight = tf.tensor2d(new Float32Array(w), [width, 3 * width]);
    const packed = dense.linear(rows, weight, null);
    const qkv = tf.reshape(packed, [1, tokens, 3 * width]) as tf.Tensor3D;
    const { y, saved } = onUnits(queue).attention(qkv, 1);
    const dQkv = onUnits(queue).attentionGradient(qkv, 1, y, saved, half(dy));
    const dPacked = tf.reshape(dQkv, [tokens, 3 * width]) as tf.Tensor2D;
    return dense.linearGradients(rows, weight, dPacked, false).dw;
  });
  const moved = (at: number, by: number) =>
    loss(w.map((value, i) => i === at ? value + by : value));
  const some = [0, 20, 40, 100, 300, 500, 700]; // of queries, keys and values
  const values = await valuesOf(dw);
  const slopes = some.map((at) => (moved(at, 1e-4) - moved(at, -1e-4)) / 2e-4);
  assertNear(some.map((at) => values[at]), slopes, 3e-3, "gradient of the weights");
});

matrixTest("no tokens give empty results", (queue) => {
  const kernels = onUnits(queue);
  const qkv = stored(queue, new Float32Array(0), [2, 0, 48]);
  const { y, saved } = kernels.attention(qkv, 1);
  const dQkv = kernels.attentionGradient(qkv, 1, y, saved, y);
  assert.deepEqual([y.shape, dQkv.shape], [[2, 0, 16], [2, 0, 48]]);
  tf.dispose([qkv, y, saved, dQkv]);
  return Promise.resolve();
});
