import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  accumulate,
  AdamW,
  clipScale,
  decayMatrices,
  globalNorm,
  initialParameters,
  lossAndGradients,
  type ParameterRule,
  Parameters,
  type ParameterSpec,
  randomStream,
  WeightAverage,
} from "@videoms/core";
import { testOnBackends } from "../backends.ts";

const specs: ParameterSpec[] = [
  { name: "matrix", shape: [5, 3], initializer: { kind: "uniform", bound: 1 } },
  { name: "vector", shape: [7], initializer: { kind: "uniform", bound: 1 } },
];

function open(): Parameters {
  return new Parameters(specs, initialParameters(specs, 0));
}

function gradientsAt(step: number): Map<string, Float32Array> {
  return new Map(specs.map(({ name, shape }) => {
    const random = randomStream(1, name, step);
    const size = shape.reduce((a, b) => a * b);
    return [name, Float32Array.from({ length: size }, () => random.normal())];
  }));
}

function onDevice(gradients: Map<string, Float32Array>): Map<string, tf.Tensor> {
  return new Map(
    specs.map(({ name, shape }) => [name, tf.tensor(gradients.get(name)!, [...shape])]),
  );
}

testOnBackends("AdamW follows its formula, vectors without decay", async (device) => {
  const parameters = open();
  const optimizer = new AdamW(device, parameters, { betas: [0.8, 0.9], epsilon: 1e-6 });
  const expected = new Map([...await parameters.read()].map(([name, values]) => [name, {
    weights: Float64Array.from(values),
    first: new Float64Array(values.length),
    second: new Float64Array(values.length),
  }]));
  for (let step = 1; step <= 5; step++) {
    const gradients = gradientsAt(step);
    const change = { learningRate: 0.1 / step, weightDecay: 0.2, gradientScale: 0.5 };
    const tensors = onDevice(gradients);
    optimizer.step(tensors, change);
    tf.dispose([...tensors.values()]);
    for (const [name, { weights, first, second }] of expected) {
      const decay = name === "matrix" ? change.weightDecay : 0;
      gradients.get(name)!.forEach((gradient, i) => {
        const g = gradient * change.gradientScale;
        first[i] = 0.8 * first[i] + 0.2 * g;
        second[i] = 0.9 * second[i] + 0.1 * g * g;
        const root = Math.sqrt(second[i] / (1 - 0.9 ** step)) + 1e-6;
        weights[i] *= 1 - change.learningRate * decay;
        weights[i] -= change.learningRate * first[i] / (1 - 0.8 ** step) / root;
      });
    }
  }
  for (const [name, values] of await parameters.read()) {
    const { weights } = expected.get(name)!;
    values.forEach((value, i) => assert.ok(Math.abs(value - weights[i]) < 1e-6, `${name} ${i}`));
  }
  assert.equal(optimizer.steps, 5);
  optimizer.dispose();
  parameters.dispose();
});

testOnBackends("a rule multiplies rate and decay of its tensor", async (device) => {
  const run = async (rule: ParameterRule, learningRate: number, weightDecay: number) => {
    const parameters = open();
    const optimizer = new AdamW(device, parameters, { rule: () => rule });
    for (let step = 0; step < 3; step++) {
      const tensors = onDevice(gradientsAt(step));
      optimizer.step(tensors, { learningRate, weightDecay });
      tf.dispose([...tensors.values()]);
    }
    const values = await parameters.read();
    optimizer.dispose();
    parameters.dispose();
    return values;
  };
  const scaled = await run({ rateScale: 0.25, decayScale: 0.5 }, 0.4, 0.2);
  assert.deepEqual(scaled, await run({ rateScale: 1, decayScale: 1 }, 0.1, 0.1));
});

testOnBackends("moments that are read and written back change nothing", async (device) => {
  const run = async (handOver: boolean): Promise<Map<string, Float32Array>> => {
    const parameters = open();
    let optimizer = new AdamW(device, parameters);
    for (let step = 0; step < 4; step++) {
      if (handOver && step === 2) {
        const next = new AdamW(device, parameters);
        for (const { name } of specs) next.writeMoments(name, await optimizer.readMoments(name));
        next.continueFrom(optimizer.steps);
        optimizer.dispose();
        optimizer = next;
      }
      const tensors = onDevice(gradientsAt(step));
      optimizer.step(tensors, { learningRate: 0.1, weightDecay: 0.1 });
      tf.dispose([...tensors.values()]);
    }
    const values = await parameters.read();
    optimizer.dispose();
    parameters.dispose();
    return values as Map<string, Float32Array>;
  };
  assert.deepEqual(await run(true), await run(false));
});

testOnBackends(
  "the norm is over all gradients; clipping brings it down to the limit",
  async (device) => {
    const gradients = onDevice(gradientsAt(0));
    const all = [...gradientsAt(0).values()].flatMap((values) => [...values]);
    const norm = await globalNorm(device, gradients);
    assert.ok(Math.abs(norm - Math.hypot(...all)) < 1e-5);
    assert.ok(Math.abs(norm * clipScale(norm, 0.5) - 0.5) < 1e-5);
    assert.equal(clipScale(0.3, 0.5), 1);
    assert.equal(clipScale(norm, null), 1);
    tf.dispose([...gradients.values()]);
  },
);

testOnBackends("micro-batches add up", async () => {
  const total = accumulate(accumulate(null, onDevice(gradientsAt(0))), onDevice(gradientsAt(1)));
  for (const [name, tensor] of total) {
    const values = await tensor.data();
    const [a, b] = [gradientsAt(0).get(name)!, gradientsAt(1).get(name)!];
    a.forEach((value, i) => assert.equal(values[i], Math.fround(value + b[i])));
    tensor.dispose();
  }
});

testOnBackends("averaged weights follow the weights", async () => {
  const parameters = open();
  const start = await parameters.read();
  const average = new WeightAverage(parameters, 0.75, start);
  const moved = new Map([...start].map(([name, values]) => [name, values.map((one) => one + 4)]));
  parameters.write(moved);
  average.update();
  for (const [name, values] of await average.parameters.read()) {
    values.forEach((value, i) => assert.ok(Math.abs(value - (start.get(name)![i] + 1)) < 1e-6));
  }
  average.dispose();
  parameters.dispose();
});

testOnBackends("parameters are named in errors, and every one needs a gradient", () => {
  const parameters = open();
  assert.throws(() => parameters.get("matrx"), /"matrx": did you mean "matrix"\?/);
  const vector = new Map([["vector", new Float32Array(7)]]);
  assert.throws(() => parameters.write(vector), /"matrix" must have 15 values \[5,3\], got 0/);
  assert.throws(
    () => parameters.write(new Map([...vector, ["other", new Float32Array(1)]])),
    /"other" is not part of this model/,
  );
  assert.throws(
    () => lossAndGradients(parameters, () => tf.sum(parameters.get("vector"))),
    /does not depend on parameter "matrix"/,
  );
  assert.deepEqual(decayMatrices(specs[0]), { decayScale: 1, rateScale: 1 });
  parameters.dispose();
}, ["cpu"]);
