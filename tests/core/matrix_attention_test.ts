import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { randomStream } from "@videoms/core";
import { openWebGpuDevice, type WebGpuDevice } from "../../core/device/webgpu_device.ts";
import { attentionKernels } from "../../core/webgpu/attention_kernels.ts";
import type { GpuQueue } from "../../core/webgpu/gpu_queue.ts";
import { storeAs } from "../../core/webgpu/store_as.ts";
import { isSkipped, valuesOf } from "../backends.ts";
import { attention, type AttentionSizes, type Values } from "./cpu_reference.ts";

const device: WebGpuDevice | null = isSkipped("webgpu") ? null : await openWebGpuDevice();

function matrixTest(name: string, test: (queue: GpuQueue) => Promise<void>): void {
  Deno.test({
    name: `attention on matrix units: ${name}`,
    ignore: !device?.queue.matrixUnits.length,
    sanitizeOps: false, // the device stays open from test to test
    sanitizeResources: false,
    fn: async () => {
      const before = tf.memory().numTensors;
      await test(device!.queue);
      const failure = device!.failure();
      if (failure) throw failure;
      assert.equal(tf.memory().numTensors, before);
    },
  });
}

/** A token alone, parts of matrices and of tiles, whole ones, and those of our networks. */
const TOKENS = [1, 7, 8, 9, 17, 31, 33, 64, 118, 157, 197, 392];
const WIDTHS = [16, 32, 64, 80, 128];

interface Case {
  qkv: tf.Tensor3D;
  dy: tf.Tensor3D;
  heads: number;
  expected: { y: Float64Array; dQkv: Float64Array };
}

/** Random input in half precision, and what float64 loops make of it. */
function caseOf(queue: GpuQueue, sizes: AttentionSizes, spread = 1): Case {
  const [B, N, heads, d] = sizes;
  const D = heads * d;
  const random = randomStream(3, `attention ${sizes}`);
  const halves = (count: number, scale: number) =>
    new Float32Array(Float16Array.from({ length: count }, () => scale * random.normal()));
  const stored = (values: Float32Array, shape: [number, number, number]) => {
    const full = tf.tensor3d(values, shape);
    const half = storeAs(queue, full, "f16");
    full.dispose();
    return half;
  };
  const qkv = halves(3 * B * N * D, spread);
  const dy = halves(B * N * D, 1);
  return {
    qkv: stored(qkv, [B, N, 3 * D]),
    dy: stored(dy, [B, N, D]),
    heads,
    expected: attention(qkv, dy, sizes),
  };
}

/** Attention and its gradient; disposes of the input. */
async function run(queue: GpuQueue, { qkv, dy, heads }: Case, kernels = attentionKernels(queue)) {
  const { y, saved } = kernels.attention(qkv, heads);
  const dQkv = kernels.attentionGradient(qkv, heads, y, saved, dy);
  tf.dispose([qkv, dy]);
  return { y: await valuesOf(y), saved: await valuesOf(saved), dQkv: await valuesOf(dQkv) };
}

/** Fails where a value is further from the expected one than a share of the largest. */
function assertNear(values: Values, expected: Values, tolerance: number, name: string): void {
  assert.equal(values.length, expected.length);
  let largest = 1e-30;
  let error = 0;
  for (let i = 0; i < values.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]));
    const here = Math.abs(values[i] - expected[i]);
    error = here <= error ? error : here; // keeps a NaN
  }
  assert.ok(error <= tolerance * largest, `${name}: error ${error}, largest value ${largest}`);
}

for (const width of WIDTHS) {
  matrixTest(`heads of ${width} match float64 loops`, async (queue) => {
    for (const tokens of TOKENS) {
      const given = caseOf(queue, tokens < 64 ? [2, tokens, 3, width] : [1, tokens, 2, width]);
      const { y, dQkv } = await run(queue, given);
      console.log(tokens, width);
      assertNear(y, given.expected.y, 1e-3, `y of ${tokens} tokens`);
      assertNear(dQkv, given.expected.dQkv, 2e-3, `gradient of ${tokens} tokens`);
    }
  });
}
