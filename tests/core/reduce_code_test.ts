import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { randomStream } from "@videoms/core";
import type { GpuQueue } from "../../core/webgpu/gpu_queue.ts";
import { reduceCode, type Reduction } from "../../core/webgpu/reduce_code.ts";
import type { ShaderTarget } from "../../core/webgpu/shader.ts";
import { testOnGpu, valuesOf } from "../backends.ts";

function gpuTest(name: string, test: (queue: GpuQueue) => Promise<void>): void {
  testOnGpu(`reductions: ${name}`, ({ queue }) => test(queue));
}

const PLAIN: ShaderTarget = { subgroupSize: null };

const max = (a: string, b: string) => `max(${a}, ${b})`;

/** One thread, part of a subgroup and more, rows in turn and side by side, no power of two. */
const SHAPES: Omit<Reduction, "name" | "type" | "join">[] = [
  { threads: 1 },
  { threads: 4 },
  { threads: 256 },
  { threads: 64, lanes: 8 },
  { threads: 64, lanes: 32 },
  { threads: 192 },
  { threads: 256, lanes: 16, isStrided: true },
  { threads: 256, lanes: 128, isStrided: true },
];

/** What each thread gets: the sum of its row, twice in turn, and its maximum. */
async function run(
  queue: GpuQueue,
  shape: typeof SHAPES[number],
  xs: Float32Array,
  target: ShaderTarget,
) {
  const { threads } = shape;
  const x = tf.tensor1d(xs);
  const y = queue.tensor<tf.Tensor2D>([threads, 4]);
  queue.run(
    {
      key: `${JSON.stringify(shape)} ${target.subgroupSize}`,
      bindings: [
        { name: "xs", element: "f32", access: "read" },
        { name: "ys", element: "vec4<f32>", access: "write" },
      ],
      uniforms: [],
      body: () => `
${reduceCode({ name: "sum", type: "vec2<f32>", ...shape }, target)}
${reduceCode({ name: "highest", type: "f32", join: max, ...shape }, target)}
@compute @workgroup_size(${threads})
fn main(@builtin(local_invocation_index) i: u32) {
  let once = sum(i, vec2<f32>(xs[i], 1.0));
  ys[i] = vec4<f32>(once, sum(i, vec2<f32>(2.0 * xs[i], 0.0)).x, highest(i, xs[i]));
}
`,
    },
    [x, y],
    [],
    [1, 1, 1],
  );
  x.dispose();
  return await valuesOf(y);
}

/** The same in float64. */
function expected(
  { threads, lanes = threads, isStrided }: typeof SHAPES[number],
  xs: Float32Array,
) {
  const rows = threads / lanes;
  const rowOf = (i: number) => isStrided ? i % rows : Math.floor(i / lanes);
  return Array.from({ length: threads }, (_, i) => {
    const row = [...xs].filter((_, j) => rowOf(j) === rowOf(i));
    const sum = row.reduce((a, b) => a + b, 0);
    return [sum, lanes, 2 * sum, Math.max(...row)];
  }).flat();
}

gpuTest(
  "all threads of a row get its sum and maximum, with and without subgroups",
  async (queue) => {
    const targets = queue.subgroupSize === null ? [PLAIN] : [PLAIN, queue];
    for (const shape of SHAPES) {
      const random = randomStream(3, "reduce");
      const xs = Float32Array.from({ length: shape.threads }, () => random.normal());
      const wanted = expected(shape, xs);
      for (const target of targets) {
        const actual = await run(queue, shape, xs, target);
        const error = Math.max(...wanted.map((value, i) => Math.abs(value - actual[i])));
        assert.ok(error < 2e-5, `${JSON.stringify(shape)}: ${error}`);
      }
    }
  },
);

Deno.test("exchange within subgroups needs fewer barriers", () => {
  const barriers = (shape: Omit<Reduction, "name" | "type">, subgroupSize: number | null) =>
    reduceCode({ name: "sum", type: "f32", ...shape }, { subgroupSize })
      .split("workgroupBarrier").length - 1;
  const row = { threads: 64, lanes: 32 };
  assert.deepEqual([null, 8, 32].map((size) => barriers({ threads: 256 }, size)), [3, 2, 2]);
  assert.deepEqual([null, 8, 32].map((size) => barriers(row, size)), [2, 2, 0]);
  const side = { threads: 256, lanes: 32, isStrided: true };
  assert.deepEqual([null, 8, 32].map((size) => barriers(side, size)), [2, 2, 2]);
});
