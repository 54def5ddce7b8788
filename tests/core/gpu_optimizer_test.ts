import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  AdamW,
  type Device,
  initialParameters,
  lossAndGradients,
  Parameters,
  type ParameterSpec,
  randomStream,
  WeightEma,
} from "@videoms/core";
import { tensorAdamW } from "../../core/optimizer/tensor_optimizer.ts";
import { arenaLayout } from "../../core/webgpu/arena.ts";
import { gpuAdamW } from "../../core/webgpu/gpu_adamw.ts";
import { testOnBackends } from "../backends.ts";

function specsOf(...shapes: number[][]): ParameterSpec[] {
  return shapes.map(
    (shape, i) => ({ name: `p${i}`, shape, initializer: { kind: "uniform", bound: 1 } }),
  );
}

/** Sizes around the blocks of an arena. */
const specs = specsOf([3], [64], [65], [130, 7], [1], [30, 32], [2, 2]);

/** With one that the workgroups of the norm go over in two rounds. */
const largeSpecs = specsOf([3], [64], [65], [130, 7], [1], [1100, 1024], [2, 2]);

function open(of = specs): Parameters {
  return new Parameters(of, initialParameters(of, 3));
}

function gradientsAt(step: number, of = specs): Map<string, tf.Tensor> {
  return new Map(of.map(({ name, shape }) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = randomStream(2, name, step).uniforms(size);
    return [name, tf.tensor(Float32Array.from(values, (one) => one - 0.5), [...shape])];
  }));
}

function rule({ name }: ParameterSpec) {
  const place = Number(name.slice(1));
  return { rateScale: 1 / (1 + place), decayScale: place % 2 };
}

/** Steps of two micro-batches each, with everything that an optimiser can be asked for. */
async function train(device: Device, steps: number) {
  const parameters = open(largeSpecs);
  const ema = new WeightEma(parameters, 0.9, await parameters.read());
  const optimizer = new AdamW(device, parameters, { rule, ema });
  for (let step = 0; step < steps; step++) {
    const [first, second] = [0, 1].map((part) => gradientsAt(2 * step + part, largeSpecs));
    const loss = tf.scalar(1 / (step + 1));
    optimizer.accumulate(first);
    const change = { learningRate: 0.1, weightDecay: 0.3, clipGradient: 50, loss };
    optimizer.step(second, change);
    tf.dispose([loss, ...first.values(), ...second.values()]);
  }
  const { gradientNorm, failure } = await optimizer.status();
  const result = {
    gradientNorm,
    failure,
    weights: await parameters.read(),
    averages: await ema.parameters.read(),
    moments: new Map(
      await Promise.all(
        largeSpecs.map(async ({ name }) => [name, await optimizer.readMoments(name)] as const),
      ),
    ),
  };
  ema.dispose();
  optimizer.dispose();
  parameters.dispose();
  return result;
}

testOnBackends(
  "steps in arenas are those of stock operations, in any number of buffers",
  async (device) => {
    const expected = await train({ ...device, adamw: tensorAdamW }, 2);
    for (const chunkBytes of [undefined, 4 * 1100 * 1024]) {
      const inArenas: Device = {
        ...device,
        adamw: (subject) => gpuAdamW(device.queue!, subject, { chunkBytes }),
      };
      const computed = await train(inArenas, 2);
      assert.equal(computed.failure, null);
      const ratio = computed.gradientNorm / expected.gradientNorm;
      assert.ok(Math.abs(ratio - 1) < 1e-5 && expected.gradientNorm > 50, `${ratio}`);
      for (const { name } of specs) {
        near(computed.weights.get(name)!, expected.weights.get(name)!, name);
        near(computed.averages.get(name)!, expected.averages.get(name)!, name);
        near(computed.moments.get(name)!.first, expected.moments.get(name)!.first, name);
        near(computed.moments.get(name)!.second, expected.moments.get(name)!.second, name);
      }
    }
  },
  ["webgpu"],
);

function near(values: Float32Array, expected: Float32Array, what: string): void {
  assert.equal(values.length, expected.length);
  const worst = values.reduce(
    (most, value, i) =>
      Math.max(most, Math.abs(value - expected[i]) / Math.max(1, Math.abs(expected[i]))),
    0,
  );
  assert.ok(worst < 1e-5, `${what} ${worst}`);
}

Deno.test("tensors are laid out in blocks, and none is split", () => {
  const { chunks, slots } = arenaLayout(largeSpecs, 4 * 1100 * 1024);
  assert.deepEqual(chunks, [128 + 128 + 128 + 1024 + 128, 1100 * 1024, 128]);
  assert.deepEqual(slots.get("p3"), { chunk: 0, start: 384, size: 910 });
  assert.deepEqual(slots.get("p6"), { chunk: 2, start: 0, size: 4 });
  assert.throws(() => arenaLayout(specs, 1024), /"p3" must fit .* 1024 bytes, got 3640/);
});

testOnBackends("a step is three dispatches, and steps make nothing new", async (device) => {
  const queue = device.queue!;
  const parameters = open();
  const ema = new WeightEma(parameters, 0.9, await parameters.read());
  const optimizer = new AdamW(device, parameters, { ema });
  const step = (at: number) => {
    const { loss, gradients } = lossAndGradients(
      parameters,
      () => tf.addN([...parameters.entries()].map(([, p]) => tf.sum(tf.square(p)))) as tf.Scalar,
    );
    queue.flush();
    const before = queue.counts().dispatches;
    optimizer.step(gradients, { learningRate: 0.01 / (1 + at), weightDecay: 0.1, loss });
    assert.equal(queue.counts().dispatches - before, 3);
    tf.dispose([loss, ...gradients.values()]);
  };
  for (let at = 0; at < 5; at++) step(at);
  const state = () => ({
    tensors: tf.memory().numTensors,
    bytes: tf.memory().numBytes,
    ...queue.counts(),
    dispatches: 0,
  });
  const before = state();
  for (let at = 5; at < 50; at++) step(at);
  assert.deepEqual(state(), before);
  assert.equal((await optimizer.status()).failure, null);
  optimizer.dispose();
  ema.dispose();
  parameters.dispose();
}, ["webgpu"]);

testOnBackends("parameters in an arena are ordinary variables", async (device) => {
  const parameters = open();
  const start = await parameters.read();
  const own = parameters.get("p3");
  const optimizer = new AdamW(device, parameters);
  const variable = parameters.get("p3");
  assert.equal(variable, own);
  assert.deepEqual(await parameters.read(), start);
  // Stock operations read the right part: element-wise, products, reductions and shapes.
  const vector = [...start.get("p2")!];
  const doubled = tf.mul(parameters.get<tf.Tensor>("p2"), 2);
  assert.deepEqual([...await doubled.data()], vector.map((one) => Math.fround(one * 2)));
  const product = tf.tidy(() => tf.matMul(variable as tf.Tensor, tf.eye(7)));
  assert.deepEqual(await product.data(), start.get("p3"));
  const flipped = tf.tidy(() => tf.transpose(tf.reshape(variable as tf.Tensor, [7, 130])));
  const stock = tf.tidy(() => tf.transpose(tf.tensor(start.get("p3")!, [7, 130])));
  assert.deepEqual(await flipped.data(), await stock.data());
  const sum = tf.sum(parameters.get<tf.Tensor>("p4"));
  assert.equal((await sum.data())[0], start.get("p4")![0]);
  tf.dispose([doubled, product, flipped, stock, sum]);
  // Assigned values are copied in, whether they come from the host or the device.
  parameters.writeTensor("p1", new Float32Array(64).fill(5));
  tf.tidy(() => variable.assign(tf.add(variable as tf.Tensor, 1)));
  assert.deepEqual(await parameters.readTensor("p1"), new Float32Array(64).fill(5));
  assert.deepEqual(await parameters.readTensor("p3"), start.get("p3")!.map((one) => one + 1));
  assert.deepEqual(await parameters.readTensor("p0"), start.get("p0"));
  assert.deepEqual(await parameters.readTensor("p2"), start.get("p2"));
  tf.tidy(() => {
    assert.throws(
      () => variable.assign(tf.zeros([7, 130])),
      /float32 \[130,7\], got float32 \[7,130/,
    );
  });
  optimizer.dispose();
  // Without an optimiser they are variables as before.
  tf.tidy(() => variable.assign(tf.sub(variable as tf.Tensor, 1)));
  assert.ok(
    (await parameters.readTensor("p3")).every((one, i) =>
      Math.abs(one - start.get("p3")![i]) < 1e-6
    ),
  );
  parameters.dispose();
}, ["webgpu"]);

testOnBackends("arenas follow the life of what they hold", async (device) => {
  const queue = device.queue!;
  const learn = async (optimizer: AdamW, at: number) => {
    const gradients = gradientsAt(at);
    optimizer.step(gradients, { learningRate: 0.1, weightDecay: 0 });
    tf.dispose([...gradients.values()]);
    return await optimizer.status();
  };
  // One optimiser takes parameters over from another.
  const parameters = open();
  const first = new AdamW(device, parameters);
  const second = new AdamW(device, parameters);
  const start = await parameters.read();
  first.dispose();
  assert.deepEqual(await parameters.read(), start);
  await learn(second, 0);
  assert.notDeepEqual(await parameters.read(), start);
  // Either may go first.
  parameters.dispose();
  second.dispose();
  const others = open();
  const third = new AdamW(device, others);
  await learn(third, 0);
  third.dispose();
  assert.ok((await others.readTensor("p0")).every(Number.isFinite));
  others.dispose();
  queue.flush();
  // Buffers of arenas are given back, not kept for later tensors.
  const round = async () => {
    const weights = open();
    const optimizer = new AdamW(device, weights);
    await learn(optimizer, 1);
    weights.dispose();
    optimizer.dispose();
    queue.flush();
    return queue.counts().allocatedBytes;
  };
  const before = await round();
  assert.equal(await round(), before);
}, ["webgpu"]);

testOnBackends("steps read nothing back", async (device) => {
  const parameters = open();
  const optimizer = new AdamW(device, parameters);
  const buffer = device.queue!.device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ });
  const prototype: GPUBuffer = Object.getPrototypeOf(buffer); // each WebGPU has a class of its own
  buffer.destroy();
  const original = prototype.mapAsync;
  let reads = 0;
  prototype.mapAsync = function (...args) {
    reads++;
    return original.apply(this, args);
  };
  try {
    for (let step = 0; step < 3; step++) {
      const [gradients, loss] = [gradientsAt(step), tf.scalar(1)];
      optimizer.step(gradients, { learningRate: 0.1, weightDecay: 0.1, clipGradient: 1, loss });
      tf.dispose([loss, ...gradients.values()]);
    }
    await device.settle();
    assert.equal(reads, 0);
    await optimizer.status();
    assert.equal(reads, 1);
  } finally {
    prototype.mapAsync = original;
  }
  optimizer.dispose();
  parameters.dispose();
}, ["webgpu"]);
