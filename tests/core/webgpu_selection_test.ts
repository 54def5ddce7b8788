import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { type Device, DISTANCES, FIRST_TUBELETS, randomStream, tidy } from "@videoms/core";
import { MOTION_NOISE } from "../../core/ops/kernels/selection_kernels.ts";
import { selectionKernels } from "../../core/webgpu/selection_kernels.ts";
import { testOnBackends, valuesOf } from "../backends.ts";
import { compareWithOracle, type Input, normals } from "./gpu_oracle.ts";

function gpuTest(name: string, test: (device: Device) => Promise<void>): void {
  testOnBackends(`webgpu selection: ${name}`, test, ["webgpu"]);
}

/** Samples, tubelets, tokens of each, and width. */
const EMBEDDINGS: [B: number, t: number, L: number, D: number][] = [
  [1, 2, 1, 1],
  [2, 2, 3, 8],
  [3, 5, 4, 7],
  [1, 8, 196, 384],
  [1100, 2, 60, 3], // more places than groups on one axis
];

for (const [i, [B, t, L, D]] of EMBEDDINGS.entries()) {
  for (const [j, distance] of DISTANCES.entries()) {
    gpuTest(`${distance} distances of [${B},${t}·${L},${D}]`, async (device) => {
      // All pairs on one of the sizes, and each of the three somewhere on the others: compiling is slow.
      const firsts = i === 2 ? FIRST_TUBELETS : [FIRST_TUBELETS[(i + j) % 3]];
      for (const first of firsts) {
        await compareWithOracle(device, {
          inputs: [normals([B, t * L, D], "x")],
          run: (kernels, [x]) => [kernels.tokenDistances(x as tf.Tensor3D, L, distance, first)],
          dispatches: 1,
          tolerance: 2e-6,
        });
      }
    });
  }
}

for (const D of [3, 96]) {
  gpuTest(`what only rounding tells apart has not moved, D = ${D}`, async ({ queue }) => {
    const kernels = selectionKernels(queue!);
    const before = normals([D], "before").values as Float32Array;
    const moved = (share: number) => before.map((v) => v * (1 + share));
    const turned = (share: number) => before.map((v, i) => v * (1 + (i === 0 ? share : 0)));
    const still = [before, moved(MOTION_NOISE / 10), moved(-MOTION_NOISE / 10)];
    const clips: [Float32Array[], boolean][] = [
      [still, false],
      [[before, turned(0.1), before], true],
    ];
    for (const distance of DISTANCES) {
      for (const [tokens, isMoving] of clips) {
        const x = tf.tensor3d(tokens.flatMap((token) => [...token]), [1, 3, D]);
        const y = kernels.tokenDistances(x, 1, distance, "max");
        x.dispose();
        for (const value of await valuesOf(y)) assert.equal(value > 0, isMoving, distance);
      }
    }
  });
}

gpuTest("distances of vectors without a length, and of ones that diverged", async (device) => {
  const token = (values: number[]) => [...values, 0, 0, 0, 0].slice(0, 4);
  const x: Input = {
    values: Float32Array.from([[0], [0], [1, 2], [NaN], [3], [Infinity]].flatMap(token)),
    shape: [1, 6, 4],
  };
  for (const distance of DISTANCES) {
    for (const first of FIRST_TUBELETS) {
      const [values] = await compareWithOracle(device, {
        inputs: [x],
        run: (kernels, [x]) => [kernels.tokenDistances(x as tf.Tensor3D, 1, distance, first)],
        dispatches: 1,
        compare: (actual, expected) =>
          expected.forEach((value, i) => {
            const isNear = Math.abs(actual[i] - value) < 1e-6;
            assert.ok(isNear || Object.is(actual[i], value), `${distance} ${first}: ${actual}`);
          }),
      });
      assert.equal(values[1], 0);
      assert.ok(Number.isNaN(values[3]));
    }
  }
});

/** For each of B samples C roles, `ones` of them 1: int32 [B, C]. */
function rolesOf(batch: number, chosen: number, ones: number): Input {
  const values = new Int32Array(batch * chosen);
  for (let b = 0; b < batch; b++) {
    const keys = randomStream(4, "roles", b).uniforms(chosen);
    const order = Int32Array.from(keys.keys()).sort((i, j) => keys[i] - keys[j]);
    for (const rank of order.subarray(0, ones)) values[b * chosen + rank] = 1;
  }
  return { values, shape: [batch, chosen] };
}

/** By a stable sort. */
function partitionOf(
  { values, shape: [batch, tokens] }: Input,
  { values: roles, shape: [, chosen] }: Input,
  largestFirst: boolean,
): { zeros: number[]; ones: number[] } {
  const byRole: { zeros: number[]; ones: number[] } = { zeros: [], ones: [] };
  for (let b = 0; b < batch; b++) {
    const key = (n: number) => {
      const value = values[b * tokens + n];
      return (Number.isNaN(value) ? Infinity : value) * (largestFirst ? -1 : 1);
    };
    const compare = (i: number, j: number) => key(i) < key(j) ? -1 : key(i) > key(j) ? 1 : i - j;
    const order = Array.from({ length: tokens }, (_, n) => n).sort(compare).slice(0, chosen);
    const withRole = (role: number) =>
      order.filter((_, rank) => roles[b * chosen + rank] === role).sort((i, j) => i - j);
    byRole.zeros.push(...withRole(0));
    byRole.ones.push(...withRole(1));
  }
  return byRole;
}

/** Shares out on the GPU, with a flush between its operations, and compares with a sort. */
async function assertPartition(
  { queue }: Device,
  values: Input,
  chosen: number,
  ones: number,
  largestFirst: boolean,
): Promise<void> {
  const kernels = selectionKernels(queue!);
  const [batch, tokens] = values.shape;
  const roles = rolesOf(batch, chosen, ones);
  const before = queue!.counts().dispatches;
  const result = tidy(() =>
    kernels.partitionTokens(
      tf.tensor2d(values.values as Float32Array, [batch, tokens]),
      largestFirst,
      tf.tensor2d(roles.values as Int32Array, [batch, chosen], "int32"),
      ones,
    )
  );
  assert.equal(queue!.counts().dispatches - before, chosen === 0 ? 0 : 2);
  queue!.flush();
  assert.deepEqual(result.zeros.shape, [batch, chosen - ones]);
  assert.deepEqual(result.ones.shape, [batch, ones]);
  assert.equal(result.zeros.dtype, "int32");
  const expected = partitionOf(values, roles, largestFirst);
  assert.deepEqual([...await valuesOf(result.zeros)], expected.zeros);
  assert.deepEqual([...await valuesOf(result.ones)], expected.ones);
}

/** Samples, tokens, chosen ones and ones of role 1. */
const PARTITIONS: [B: number, N: number, C: number, ones: number][] = [
  [1, 1, 1, 0],
  [1, 1, 1, 1],
  [3, 5, 0, 0],
  [2, 5, 3, 1],
  [2, 5, 5, 0],
  [2, 5, 5, 5],
  [2, 256, 100, 30],
  [3, 257, 257, 200],
  [2, 1568, 470, 314],
  [1, 3137, 1000, 999],
];

for (const [B, N, C, ones] of PARTITIONS) {
  gpuTest(`shares out ${C} of ${N} tokens, ${ones} of them ones, ${B} times`, async (device) => {
    const values = normals([B, N], "values");
    const coarse = { ...values, values: values.values.map((v) => Math.round(v)) as Float32Array };
    for (const largestFirst of [true, false]) {
      await assertPartition(device, values, C, ones, largestFirst);
      await assertPartition(device, coarse, C, ones, largestFirst); // many ties
    }
  });
}

gpuTest("more samples than groups on one axis", async (device) => {
  await assertPartition(device, normals([66_000, 3], "values"), 2, 1, true);
});

gpuTest("NaN ranks as infinity, zeros tie, and the smallest numbers count", async (device) => {
  const values = [0, NaN, -0, 1e-45, Infinity, -1e-45, -Infinity, 3e38, NaN, -3e38, 0, -0];
  for (const largestFirst of [true, false]) {
    for (let chosen = 1; chosen <= values.length; chosen++) {
      const input = { values: Float32Array.from(values), shape: [1, values.length] };
      await assertPartition(device, input, chosen, chosen >> 1, largestFirst);
    }
  }
});

gpuTest("no samples give empty tensors", async ({ queue }) => {
  const kernels = selectionKernels(queue!);
  const none = tf.zeros([0, 6, 4]) as tf.Tensor3D;
  const distances = kernels.tokenDistances(none, 3, "l2", "copy");
  const roles = tf.zeros([0, 4], "int32") as tf.Tensor2D;
  const { zeros, ones } = kernels.partitionTokens(distances, true, roles, 1);
  assert.deepEqual([distances, zeros, ones].map(({ shape }) => shape), [[0, 6], [0, 3], [0, 1]]);
  assert.equal((await valuesOf(zeros)).length, 0);
  tf.dispose([none, distances, roles, ones]);
});

gpuTest("tensors that do not fit are refused", async ({ queue }) => {
  const kernels = selectionKernels(queue!);
  const x = tf.zeros([1, 6, 4]) as tf.Tensor3D;
  assert.throws(() => kernels.tokenDistances(x, 6, "l2", "copy"), /got 6 tokens, 6 to a tubelet/);
  assert.throws(() => kernels.tokenDistances(x, 4, "l2", "copy"), /got 6 tokens, 4 to a tubelet/);
  const values = tf.zeros([2, 6]) as tf.Tensor2D;
  const roles = tf.zeros([1, 4], "int32") as tf.Tensor2D;
  assert.throws(() => kernels.partitionTokens(values, true, roles, 0), /"roles"/);
  tf.dispose([x, values, roles]);
  await Promise.resolve();
});
