import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { randomStream } from "@videoms/core";
import {
  ATTENTION_TILES,
  attentionLayout,
  chooseTile,
  workgroupBytes,
} from "../../core/webgpu/attention/attention_tile.ts";
import { attentionKernels } from "../../core/webgpu/attention_kernels.ts";
import type { GpuQueue } from "../../core/webgpu/gpu_queue.ts";
import { testOnGpu, valuesOf } from "../backends.ts";
import { assertNear, attention, type AttentionSizes } from "./cpu_reference.ts";

const PORTABLE = 16384;

/** Batch, tokens, heads, width of a head. */
const SIZES: AttentionSizes[] = [
  [2, 1, 2, 16],
  [1, 1, 1, 5],
  [2, 5, 3, 6],
  [1, 31, 2, 20],
  [1, 32, 2, 24],
  [2, 33, 1, 64],
  [1, 33, 2, 80],
  [1, 37, 2, 128],
  [1, 118, 12, 64],
  [1, 392, 1, 64],
  [1, 65, 2, 33],
  [1, 7, 5, 1],
  [1, 34, 1, 200],
];

function gpuTest(name: string, test: (queue: GpuQueue) => Promise<void>): void {
  testOnGpu(`webgpu attention: ${name}`, ({ queue }) => test(queue));
}

interface Case {
  qkv: tf.Tensor3D;
  dy: tf.Tensor3D;
  heads: number;
  expected: { y: Float64Array; dQkv: Float64Array };
}

/** Random input for attention, and what float64 loops make of it. */
function caseOf(sizes: AttentionSizes, spread = 1): Case {
  const [B, N, heads, d] = sizes;
  const D = heads * d;
  const random = randomStream(3, `attention ${sizes}`);
  const qkv = Float32Array.from({ length: 3 * B * N * D }, () => spread * random.normal());
  const dy = Float32Array.from({ length: B * N * D }, () => random.normal());
  return {
    qkv: tf.tensor3d(qkv, [B, N, 3 * D]),
    dy: tf.tensor3d(dy, [B, N, D]),
    heads,
    expected: attention(qkv, dy, sizes),
  };
}

function dispose({ qkv, dy }: Case): void {
  tf.dispose([qkv, dy]);
}

/** Attention and its gradient, with everything submitted in between. */
async function run(queue: GpuQueue, { qkv, dy, heads }: Case, limit?: number) {
  const kernels = attentionKernels(queue, limit);
  const { y, saved } = kernels.attention(qkv, heads);
  queue.flush();
  const dQkv = kernels.attentionGradient(qkv, heads, y, saved, dy);
  queue.flush();
  return { y: await valuesOf(y), saved: await valuesOf(saved), dQkv: await valuesOf(dQkv) };
}

for (const sizes of SIZES) {
  gpuTest(`${sizes.join("x")} matches float64 loops`, async (queue) => {
    const given = caseOf(sizes);
    const { y, dQkv } = await run(queue, given);
    assertNear(y, given.expected.y, 2e-6, "y");
    assertNear(dQkv, given.expected.dQkv, 2e-5, "gradient");
    dispose(given);
  });
}

for (const sizes of [[1, 70, 2, 64], [2, 33, 1, 100]] as AttentionSizes[]) {
  gpuTest(`${sizes.join("x")} matches float64 loops with the least memory`, async (queue) => {
    const given = caseOf(sizes);
    const { y, dQkv } = await run(queue, given, PORTABLE);
    assertNear(y, given.expected.y, 2e-6, "y");
    assertNear(dQkv, given.expected.dQkv, 2e-5, "gradient");
    dispose(given);
  });
}

gpuTest("heads too wide for the memory take stock operations", async (queue) => {
  const given = caseOf([1, 6, 2, 64]);
  const before = queue.counts().dispatches;
  const { y, dQkv } = await run(queue, given, 1024);
  assert.equal(queue.counts().dispatches, before);
  assertNear(y, given.expected.y, 1e-5, "y");
  assertNear(dQkv, given.expected.dQkv, 1e-5, "gradient");
  dispose(given);
});

gpuTest("every width up to 128 has a tile that fits", () => {
  for (const limit of [PORTABLE, 32768, 65536]) {
    for (let width = 1; width <= 128; width++) {
      for (const owned of [1, 2] as const) {
        const layout = chooseTile(width, limit, owned);
        assert.ok(layout && workgroupBytes(layout, owned) <= limit, `${width}: ${limit} bytes`);
        assert.ok(layout.threads <= 256);
      }
    }
  }
  const usual = attentionLayout(64, ATTENTION_TILES[0]);
  assert.deepEqual([1, 2].map((owned) => chooseTile(64, 32768, owned as 1 | 2)), [usual, usual]);
  return Promise.resolve();
});

gpuTest("saves the logarithm of each query's sum of exponentials", async (queue) => {
  const [N, d] = [37, 8];
  const given = caseOf([1, N, 1, d]);
  const { saved } = await run(queue, given);
  const qkv = await given.qkv.data();
  const row = (token: number, third: number) =>
    Array.from({ length: d }, (_, i) => qkv[token * 3 * d + third * d + i]);
  const expected = Array.from({ length: N }, (_, n) => {
    const q = row(n, 0);
    const sum = Array.from({ length: N }, (_, m) => {
      const k = row(m, 1);
      return Math.exp(q.reduce((dot, v, i) => dot + v * k[i], 0) / Math.sqrt(d));
    }).reduce((a, b) => a + b, 0);
    return Math.log2(sum);
  });
  assertNear(saved, expected, 2e-6, "saved");
  dispose(given);
});

gpuTest("more heads than one axis of a grid", async (queue) => {
  const given = caseOf([700, 1, 101, 4]);
  const kernels = attentionKernels(queue, 1000); // so little memory takes the smallest workgroups
  const { y, saved } = kernels.attention(given.qkv, given.heads);
  assertNear(await valuesOf(y), given.expected.y, 1e-6, "y");
  saved.dispose();
  dispose(given);
});

gpuTest("scores of hundreds neither overflow nor lose the softmax's sum", async (queue) => {
  const [B, N, heads, d] = [1, 70, 1, 16];
  const given = caseOf([B, N, heads, d], 12);
  const { y, dQkv } = await run(queue, given);
  assertNear(y, given.expected.y, 1e-3, "y"); // 1e-6 of a score of 1,000 is 1e-3 of its weight
  assertNear(dQkv, given.expected.dQkv, 1e-2, "gradient");
  const values = await given.qkv.data();
  const ones = tf.tensor3d(values.map((v, i) => i % (3 * d) < 2 * d ? v : 1), [B, N, 3 * d]);
  const flat = await run(queue, { ...given, qkv: ones });
  assertNear(flat.y, flat.y.map(() => 1), 1e-6, "y of equal values");
  ones.dispose();
  dispose(given);
});

gpuTest("two runs agree in every bit, and samples do not depend on their batch", async (queue) => {
  const given = caseOf([3, 50, 2, 16]);
  const first = await run(queue, given);
  assert.deepEqual(await run(queue, given), first);
  const qkv = tf.slice(given.qkv, [1, 0, 0], [1, 50, 96]);
  const dy = tf.slice(given.dy, [1, 0, 0], [1, 50, 32]);
  const alone = await run(queue, { ...given, qkv, dy });
  assert.deepEqual(alone.y, first.y.slice(50 * 32, 100 * 32));
  assert.deepEqual(alone.dQkv, first.dQkv.slice(50 * 96, 100 * 96));
  tf.dispose([qkv, dy]);
  dispose(given);
});

gpuTest("a sample that is not finite leaves the others alone", async (queue) => {
  const given = caseOf([2, 33, 1, 8]);
  const clean = await run(queue, given);
  const values = await given.qkv.data();
  values[values.length >> 1] = NaN;
  const qkv = tf.tensor3d(values, given.qkv.shape);
  const { y } = await run(queue, { ...given, qkv });
  const half = y.length / 2;
  assert.deepEqual(y.slice(0, half), clean.y.slice(0, half));
  assert.ok(y.slice(half).some(Number.isNaN));
  qkv.dispose();
  dispose(given);
});

gpuTest("takes one dispatch, its gradient two, biases one each", async (queue) => {
  const kernels = attentionKernels(queue);
  const { qkv, dy, heads } = caseOf([2, 40, 2, 16]);
  const biases = [tf.tensor1d([1, 2, 3]), tf.tensor1d([4, 5, 6])];
  let before = queue.counts().dispatches;
  const dispatches = () => {
    const since = queue.counts().dispatches - before;
    before += since;
    return since;
  };
  const { y, saved } = kernels.attention(qkv, heads);
  assert.equal(dispatches(), 1);
  const dQkv = kernels.attentionGradient(qkv, heads, y, saved, dy);
  assert.equal(dispatches(), 2);
  const packed = kernels.packBiases(biases[0], biases[1]);
  assert.equal(dispatches(), 1);
  queue.flush();
  const { query, value } = kernels.unpackBiases(packed);
  assert.equal(dispatches(), 1);
  assert.deepEqual([...await valuesOf(packed)], [1, 2, 3, 0, 0, 0, 4, 5, 6]);
  assertNear(await valuesOf(query), [1, 2, 3], 0, "query");
  assertNear(await valuesOf(value), [4, 5, 6], 0, "value");
  tf.dispose([qkv, dy, ...biases, y, saved, dQkv]);
});

gpuTest("no samples and no tokens give empty results", (queue) => {
  const kernels = attentionKernels(queue);
  for (const shape of [[0, 5, 24], [2, 0, 24]] as [number, number, number][]) {
    const qkv = tf.zeros(shape) as tf.Tensor3D;
    const { y, saved } = kernels.attention(qkv, 2);
    const dQkv = kernels.attentionGradient(qkv, 2, y, saved, y);
    assert.deepEqual([y.shape, dQkv.shape], [[shape[0], shape[1], 8], shape]);
    tf.dispose([qkv, y, saved, dQkv]);
  }
  return Promise.resolve();
});

gpuTest("wrong shapes are refused", (queue) => {
  const kernels = attentionKernels(queue);
  const qkv = tf.zeros([1, 2, 24]) as tf.Tensor3D;
  const short = tf.zeros([1, 2, 4]) as tf.Tensor3D;
  assert.throws(() => kernels.attention(qkv, 3), /multiple of 3 × heads, got 24 and 3 heads/);
  assert.throws(
    () => kernels.attentionGradient(qkv, 2, short, short, short),
    /"y" must have shape \[1,2,8\], got \[1,2,4\]/,
  );
  tf.dispose([qkv, short]);
  return Promise.resolve();
});
