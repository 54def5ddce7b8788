import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  AdamW,
  type BlockSettings,
  type BlockTensors,
  type Device,
  initialParameters,
  type Kernels,
  openDevice,
  Parameters,
  type ParameterSpec,
  transformerBlock,
  useKernels,
} from "@videoms/core";
import { attentionKernels } from "../../core/webgpu/attention_kernels.ts";
import {
  FIRST_LOSS_SCALE,
  GROWTH_STEPS,
  LARGEST_LOSS_SCALE,
  LossScale,
} from "../../core/webgpu/loss_scale.ts";
import { storeAs } from "../../core/webgpu/store_as.ts";
import { webgpuKernels } from "../../core/webgpu/webgpu_kernels.ts";
import { testInHalf, valuesOf } from "../backends.ts";
import { type BlockSizes, shapesOf } from "./block_shapes.ts";
import { type Input, normals } from "./gpu_oracle.ts";

testInHalf(
  "a tensor takes half the bytes, reads as float32, and stock operations refuse it",
  async ({ queue }) => {
    const { memory } = queue!;
    for (const shape of [[3, 5], [2, 4], [1]]) {
      const half = tf.engine().makeTensorFromTensorInfo(memory.half(shape));
      const range = memory.rangeOf(half);
      assert.equal(range.size, 4 * Math.ceil(half.size / 2));
      const values = Array.from({ length: half.size }, (_, i) => i / 4 - 1);
      const stored = new Float16Array(range.size / 2);
      stored.set(values);
      memory.write(range, new Float32Array(stored.buffer));
      const flat = tf.reshape(half, [-1]);
      assert.ok(memory.isHalf(flat));
      assert.deepEqual([...await flat.data()], values);
      assert.throws(
        () => tf.add(half, 1),
        /^Error: Cannot run a stock operation on a half-precision tensor/,
      );
      assert.throws(() => memory.copy(half, range), /Cannot read a half-precision tensor/);
      tf.dispose([half, flat]);
    }
  },
);

testInHalf(
  "values are rounded to the nearest, and too large ones are infinite",
  async ({ queue }) => {
    const values = [1, -1 / 3, 1e-7, 3e-8, 0, 65504, 65505, -7e4, 3e38, Infinity, -Infinity, NaN];
    for (const length of [values.length, values.length - 1]) { // four at a time, and one
      const x = tf.tensor1d(values.slice(values.length - length));
      const half = storeAs(queue!, x, "f16");
      const expected = [...new Float32Array(new Float16Array(await x.data()))];
      expected[expected.length - 6] = Infinity; // 65505, which could be rounded down as well
      assert.deepEqual([...await valuesOf(storeAs(queue!, half, "f32"))], expected);
      assert.deepEqual([...await valuesOf(half)], expected);
      x.dispose();
    }
  },
);

const SETTINGS = { epsilon: 1e-6, recompute: false, attentionFactors: null, mlpFactors: null };

/** A block's result and all its gradients, by name, with kernels. */
async function runBlock(
  kernels: Kernels,
  sizes: BlockSizes,
  { dyScale = 1e-4, ...settings }: Partial<BlockSettings> & { dyScale?: number } = {},
): Promise<Map<string, Float32Array>> {
  useKernels("webgpu", kernels);
  const { samples, tokens, width, heads } = sizes;
  const shapes = Object.entries(shapesOf(sizes));
  const tensorOf = ({ values, shape }: Input, factor: number) =>
    tf.tidy(() => tf.mul(tf.tensor(values, shape), factor));
  const inputs = [
    tensorOf(normals([samples, tokens, width], "x"), 1),
    // Near what layers start from: sums of many terms stay about 1.
    ...shapes.map(([name, shape]) =>
      tensorOf(normals(shape, name), shape.length === 2 ? shape[0] ** -0.5 : 0.5)
    ),
  ];
  const dy = tensorOf(normals([samples, tokens, width], "dy"), dyScale);
  const block = (x: tf.Tensor, ...tensors: tf.Tensor[]) => {
    const byName = Object.fromEntries(shapes.map(([name], i) => [name, tensors[i]]));
    const all = { heads, ...SETTINGS, ...settings };
    return transformerBlock(x as tf.Tensor3D, byName as unknown as BlockTensors, all);
  };
  const y = tf.tidy(() => block(inputs[0], ...inputs.slice(1)));
  const gradients = tf.tidy(() => tf.grads(block)(inputs, dy));
  const results = new Map([["y", await valuesOf(y)]]);
  for (const [i, gradient] of gradients.entries()) {
    results.set(i === 0 ? "x" : shapes[i - 1][0], await valuesOf(gradient));
  }
  tf.dispose([...inputs, dy]);
  return results;
}

/** The norm of the difference over the norm of what is expected. */
function distance(actual: Float32Array, expected: Float32Array): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i] - expected[i]) ** 2;
    size += expected[i] ** 2;
  }
  return Math.sqrt(difference / size);
}

function assertClose(
  actual: ReadonlyMap<string, Float32Array>,
  expected: ReadonlyMap<string, Float32Array>,
  tolerance: number,
): void {
  for (const [name, values] of expected) {
    const off = distance(actual.get(name)!, values);
    assert.ok(off <= tolerance, `${name} is off by ${off}`);
  }
}

/**
 * Rounding to half precision is off by at most 2^-11 of a value; a gradient comes through some ten such
 * roundings, which add up as their root. In those of queries and keys much cancels out.
 */
const BLOCK_TOLERANCE = 4e-3;

const BLOCKS: [name: string, sizes: BlockSizes][] = [
  ["of odd sizes", { samples: 2, tokens: 5, width: 21, heads: 3, hidden: 50 }],
  // As many rows as make gradients of weights sums of parts.
  ["of whole vectors", { samples: 4, tokens: 130, width: 48, heads: 3, hidden: 192 }],
  ["of heads too wide for workgroup memory", {
    samples: 1,
    tokens: 9,
    width: 1024,
    heads: 1,
    hidden: 64,
  }],
];

for (const [name, sizes] of BLOCKS) {
  testInHalf(`a block ${name} is near that in float32`, async ({ queue }) => {
    const full = webgpuKernels(queue!);
    const half = webgpuKernels(queue!, new LossScale(queue!.memory));
    assertClose(await runBlock(half, sizes), await runBlock(full, sizes), BLOCK_TOLERANCE);
  });
}

const SIZES = BLOCKS[0][1];

testInHalf("a block with dropped paths is near that in float32", async ({ queue }) => {
  const full = webgpuKernels(queue!);
  const half = webgpuKernels(queue!, new LossScale(queue!.memory));
  const factors = [tf.tensor1d([1.25, 0]), tf.tensor1d([0, 1.25])];
  const settings = { attentionFactors: factors[0], mlpFactors: factors[1] };
  const expected = await runBlock(full, SIZES, settings);
  assertClose(await runBlock(half, SIZES, settings), expected, BLOCK_TOLERANCE);
  tf.dispose(factors);
});

testInHalf("a block that is recomputed gives the same bits", async ({ queue }) => {
  const half = webgpuKernels(queue!, new LossScale(queue!.memory));
  const kept = await runBlock(half, SIZES);
  assert.deepEqual(await runBlock(half, SIZES, { recompute: true }), kept);
});

testInHalf(
  "the loss scale saves small gradients, and leaves no trace in them",
  async ({ queue }) => {
    const full = webgpuKernels(queue!);
    const lossScale = new LossScale(queue!.memory);
    const half = webgpuKernels(queue!, lossScale);
    const dyScale = 1e-8; // below what half precision holds
    const expected = await runBlock(full, SIZES, { dyScale });
    const off = async (scale: number) => {
      lossScale.write({ scale, goodSteps: 0, overflows: 0 });
      const gradients = await runBlock(half, SIZES, { dyScale });
      return distance(gradients.get("qkvWeight")!, expected.get("qkvWeight")!);
    };
    assert.ok(await off(1) > 0.5, "without a scale they are lost");
    assert.ok(await off(2 ** 24) < BLOCK_TOLERANCE);
  },
);

testInHalf("gradients that are too large are not finite, and none hides it", async ({ queue }) => {
  const half = webgpuKernels(queue!, new LossScale(queue!.memory));
  const gradients = await runBlock(half, SIZES, { dyScale: 1e3 }); // times 32,768
  for (const [name, values] of gradients) {
    if (name !== "y" && name !== "contractWeight" && name !== "contractBias") {
      assert.ok(values.some((value) => !Number.isFinite(value)), name);
    }
  }
});

testInHalf(
  "a block takes at most 30 dispatches, and keeps 7 T in place of 12",
  ({ queue }) => {
    const sizes = { samples: 2, tokens: 96, width: 64, heads: 2, hidden: 256 };
    const bytesOfT = 4 * sizes.samples * sizes.tokens * sizes.width;
    const kept = (kernels: Kernels): { bytes: number; dispatches: number } => {
      useKernels("webgpu", kernels);
      const shapes = Object.values(shapesOf(sizes));
      const x = tf.zeros([sizes.samples, sizes.tokens, sizes.width]);
      const tensors = shapes.map((shape) => tf.zeros(shape));
      const dy = tf.zerosLike(x);
      const names = Object.keys(shapesOf(sizes));
      for (const tensor of [x, ...tensors]) queue!.rangeOf(tensor); // uploaded before it is counted
      let bytes = 0;
      const before = queue!.counts().dispatches;
      tf.tidy(() =>
        void tf.grad((x) => {
          const used = queue!.counts().usedBytes;
          const byName = Object.fromEntries(names.map((name, i) => [name, tensors[i]]));
          const settings = { heads: sizes.heads, ...SETTINGS };
          const y = transformerBlock(x as tf.Tensor3D, byName as unknown as BlockTensors, settings);
          queue!.flush(); // what is disposed of is only free then
          bytes = queue!.counts().usedBytes - used;
          return y;
        })(x, dy)
      );
      const { dispatches } = queue!.counts();
      tf.dispose([x, dy, ...tensors]);
      return { bytes: bytes / bytesOfT, dispatches: dispatches - before };
    };
    const full = kept(webgpuKernels(queue!));
    const half = kept(webgpuKernels(queue!, new LossScale(queue!.memory)));
    assert.ok(half.dispatches <= 30, `${half.dispatches} dispatches`);
    // The block's result is one of them. After attention and after the block the stream stays float32.
    assert.ok(Math.abs(full.bytes - 12) < 0.5, `${full.bytes} T in float32`);
    assert.ok(Math.abs(half.bytes - 7) < 0.5, `${half.bytes} T in half precision`);
  },
);

testInHalf("heads too wide for workgroup memory give half precision too", async ({ queue }) => {
  const kernels = attentionKernels(queue!, 1024);
  const qkv = tf.tensor3d(normals([1, 7, 96], "qkv").values, [1, 7, 96]);
  const half = storeAs(queue!, qkv, "f16");
  const attention = kernels.attention(half, 1);
  assert.equal(queue!.typeOf(attention.y), "f16");
  const dQkv = kernels.attentionGradient(half, 1, attention.y, attention.saved, attention.y);
  assert.equal(queue!.typeOf(dQkv), "f16");
  const full = kernels.attention(qkv, 1);
  const expected = kernels.attentionGradient(qkv, 1, full.y, full.saved, full.y);
  assert.ok(distance(await valuesOf(dQkv), await valuesOf(expected)) < BLOCK_TOLERANCE);
  tf.dispose([qkv, half, attention.y, attention.saved, full.y, full.saved]);
});

const specs: ParameterSpec[] = [{
  name: "p",
  shape: [3],
  initializer: { kind: "constant", value: 1 },
}];

/** An optimiser of three numbers, and a step with a gradient of one number. */
function openOptimizer(device: Device) {
  const parameters = new Parameters(specs, initialParameters(specs, 0));
  const optimizer = new AdamW(device, parameters);
  const step = (gradient: number, value = 1) => {
    const loss = tf.scalar(value);
    const gradients = new Map([["p", tf.fill([3], gradient)]]);
    optimizer.step(gradients, { learningRate: 0.1, weightDecay: 0, loss });
    tf.dispose([loss, gradients.get("p")!]);
  };
  const weight = async () => (await parameters.readTensor("p"))[0];
  const dispose = () => {
    optimizer.dispose();
    parameters.dispose();
  };
  return { optimizer, step, weight, dispose };
}

testInHalf(
  "a step that overflows is left out, halves the scale, and the next is done",
  async (device) => {
    const { optimizer, step, weight, dispose } = openOptimizer(device);
    const scaleOf = async () => (await optimizer.status()).lossScale;
    assert.deepEqual(await scaleOf(), { scale: FIRST_LOSS_SCALE, goodSteps: 0, overflows: 0 });
    step(1);
    const first = await weight();
    assert.ok(first < 1);
    for (const gradient of [Infinity, NaN]) step(gradient);
    assert.equal(await weight(), first);
    const { failure, gradientNorm, lossScale } = await optimizer.status();
    assert.equal(failure, null);
    assert.ok(Math.abs(gradientNorm - Math.sqrt(3)) < 1e-6, "that of the last step that was done");
    assert.deepEqual(lossScale, { scale: FIRST_LOSS_SCALE / 4, goodSteps: 0, overflows: 2 });
    step(1);
    assert.ok(await weight() < first);
    assert.equal((await scaleOf())!.goodSteps, 1);
    dispose();
  },
);

testInHalf("the scale doubles after many good steps, up to its limit", async (device) => {
  const { optimizer, step, dispose } = openOptimizer(device);
  const goodSteps = GROWTH_STEPS - 1;
  for (const [scale, next] of [[8, 16], [LARGEST_LOSS_SCALE, LARGEST_LOSS_SCALE]]) {
    optimizer.continueFrom(0, { scale, goodSteps, overflows: 5 });
    step(1);
    assert.deepEqual(await optimizer.readLossScale(), { scale: next, goodSteps: 0, overflows: 5 });
  }
  dispose();
});

testInHalf(
  "a loss that is not finite, and gradients at a scale of 1, are failures",
  async (device) => {
    const { optimizer, step, weight, dispose } = openOptimizer(device);
    step(1, NaN);
    assert.ok(Number.isNaN((await optimizer.status()).failure!.loss));
    optimizer.continueFrom(0, { scale: 2, goodSteps: 0, overflows: 0 });
    step(Infinity);
    assert.equal((await optimizer.status()).failure, null);
    step(Infinity);
    step(1); // nothing happens until the failure is read
    const { failure, lossScale } = await optimizer.status();
    assert.deepEqual([failure!.step, failure!.gradientNorm], [1, Infinity]);
    assert.equal(lossScale!.scale, 1);
    assert.equal(await weight(), 1);
    dispose();
  },
);

Deno.test("half precision is refused where it cannot be, before anything is opened", async () => {
  for (const backend of ["wasm", "cpu"] as const) {
    await assert.rejects(
      openDevice({ backend, precision: "f16" }),
      new RangeError(
        `Cannot run in half precision: the backend must be webgpu, got ${backend}`,
      ),
    );
  }
  await assert.rejects(
    openDevice({ precision: "f61" as "f16" }),
    /^RangeError: Cannot run in precision "f61": it must be one of|Cannot run in precision "f61"/,
  );
});
