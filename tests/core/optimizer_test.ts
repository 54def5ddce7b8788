import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  AdamW,
  decayMatrices,
  type Device,
  initialParameters,
  lossAndGradients,
  type ParameterRule,
  Parameters,
  type ParameterSpec,
  randomStream,
  WeightEma,
} from "@videoms/core";
import { clipScale } from "../../core/optimizer/gradients.ts";
import { tensorAdamW } from "../../core/optimizer/tensor_optimizer.ts";
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
    const change = { learningRate: 0.1 / step, weightDecay: 0.2 };
    const tensors = onDevice(gradients);
    optimizer.step(tensors, change);
    tf.dispose([...tensors.values()]);
    for (const [name, { weights, first, second }] of expected) {
      const decay = name === "matrix" ? change.weightDecay : 0;
      gradients.get(name)!.forEach((gradient, i) => {
        first[i] = 0.8 * first[i] + 0.2 * gradient;
        second[i] = 0.9 * second[i] + 0.1 * gradient ** 2;
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

Deno.test("clipping brings a norm down to the limit", () => {
  assert.ok(Math.abs(7 * clipScale(7, 0.5) - 0.5) < 1e-5);
  assert.equal(clipScale(0.3, 0.5), 1);
  assert.equal(clipScale(7, null), 1);
});

/** The ways to do a step on a device: its own, and stock operations. */
function kernelsOf(device: Device): Device[] {
  return [device, { ...device, adamw: tensorAdamW }];
}

/** A rule for each tensor; the norm is beyond the limit in every step. */
const RULES: Record<string, ParameterRule> = {
  matrix: { decayScale: 1, rateScale: 0.5 },
  vector: { decayScale: 0, rateScale: 1 },
};

/** The decay of the average in each step; its own where it is left out. */
const DECAYS = [undefined, 0.9, 1, 0.25];

testOnBackends(
  "micro-batches, clipping, rules and average follow their formulas",
  async (device) => {
    for (const way of kernelsOf(device)) {
      const parameters = open();
      const start = await parameters.read();
      const ema = new WeightEma(parameters, 0.75, start);
      const rule = ({ name }: ParameterSpec) => RULES[name];
      const optimizer = new AdamW(way, parameters, { rule, ema });
      const expected = new Map(
        [...start].map(([name, values]) => [name, referenceState(values)]),
      );
      for (let step = 0; step < 4; step++) {
        const parts = [gradientsAt(2 * step), gradientsAt(2 * step + 1)];
        const [first, second] = parts.map(onDevice);
        optimizer.accumulate(first);
        const emaDecay = DECAYS[step];
        const change = { learningRate: 0.1, weightDecay: 0.2, emaDecay, clipGradient: 0.5 };
        optimizer.step(second, change);
        tf.dispose([...first.values(), ...second.values()]);
        const norm = referenceStep(expected, parts, step + 1, emaDecay ?? 0.75);
        assert.ok(Math.abs((await optimizer.status()).gradientNorm - norm) < 1e-5 * norm);
      }
      const after = await parameters.read();
      const averaged = await ema.parameters.read();
      for (const [name, { weights, averages }] of expected) {
        near(after.get(name)!, weights, name);
        near(averaged.get(name)!, averages, `average of ${name}`);
      }
      optimizer.dispose();
      ema.dispose();
      parameters.dispose();
    }
  },
);

function near(values: Float32Array, expected: Float64Array, what: string): void {
  values.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 2e-6, `${what} ${i}`));
}

function referenceState(values: Float32Array) {
  return {
    weights: Float64Array.from(values),
    averages: Float64Array.from(values),
    first: new Float64Array(values.length),
    second: new Float64Array(values.length),
  };
}

/** The step of the test above in float64; gives the norm of the mean gradient. */
function referenceStep(
  states: ReadonlyMap<string, ReturnType<typeof referenceState>>,
  parts: readonly Map<string, Float32Array>[],
  step: number,
  kept: number,
): number {
  const means = new Map([...parts[0]].map(([name, values]) => [
    name,
    Float64Array.from(values, (value, i) => (value + parts[1].get(name)![i]) / 2),
  ]));
  const norm = Math.hypot(...[...means.values()].flatMap((values) => [...values]));
  assert.ok(norm > 0.5);
  for (const [name, { weights, averages, first, second }] of states) {
    const { decayScale, rateScale } = RULES[name];
    const rate = 0.1 * rateScale;
    means.get(name)!.forEach((mean, i) => {
      const g = mean * 0.5 / (norm + 1e-6);
      first[i] = 0.9 * first[i] + 0.1 * g;
      second[i] = 0.95 * second[i] + 0.05 * g * g;
      const root = Math.sqrt(second[i] / (1 - 0.95 ** step)) + 1e-8;
      weights[i] *= 1 - rate * 0.2 * decayScale;
      weights[i] -= rate * first[i] / (1 - 0.9 ** step) / root;
      averages[i] = kept * averages[i] + (1 - kept) * weights[i];
    });
  }
  return norm;
}

testOnBackends("a step that is not finite changes nothing until it was told of", async (device) => {
  for (const way of kernelsOf(device)) {
    for (const [wrong, badLoss] of [[NaN, 1], [-Infinity, 1], [0, NaN], [0, Infinity]]) {
      const parameters = open();
      const ema = new WeightEma(parameters, 0.5, await parameters.read());
      const optimizer = new AdamW(way, parameters, { ema });
      const step = (at: number, lossValue: number, added = 0) => {
        const values = gradientsAt(at);
        values.get("vector")![6] += added;
        const gradients = onDevice(values);
        const loss = tf.scalar(lossValue);
        optimizer.step(gradients, { learningRate: 0.1, weightDecay: 0.1, loss });
        tf.dispose([loss, ...gradients.values()]);
      };
      const state = async () => ({
        weights: await parameters.read(),
        ema: await ema.parameters.read(),
        moments: await optimizer.readMoments("vector"),
      });
      step(0, 1);
      const before = await state();
      step(1, badLoss, wrong);
      step(2, 1);
      assert.deepEqual(await state(), before);
      const { failure } = await optimizer.status();
      assert.equal(failure?.step, 1);
      assert.ok(Object.is(failure?.loss, badLoss));
      assert.equal(Number.isFinite(failure?.gradientNorm), wrong === 0);
      assert.equal(optimizer.steps, 1);
      assert.equal((await optimizer.status()).failure, null);
      step(1, 1);
      assert.notDeepEqual((await state()).weights, before.weights);
      assert.equal((await optimizer.status()).failure, null);
      optimizer.dispose();
      ema.dispose();
      parameters.dispose();
    }
  }
});

testOnBackends("every parameter must have a gradient", (device) => {
  const parameters = open();
  const optimizer = new AdamW(device, parameters);
  const gradients = onDevice(gradientsAt(0));
  const some = new Map([["matrix", gradients.get("matrix")!]]);
  assert.throws(
    () => optimizer.step(some, { learningRate: 0.1, weightDecay: 0 }),
    /parameter "vector" must have a gradient, got none/,
  );
  tf.dispose([...gradients.values()]);
  optimizer.dispose();
  parameters.dispose();
}, ["cpu"]);

testOnBackends("averaged weights follow the weights", async () => {
  const parameters = open();
  const start = await parameters.read();
  const ema = new WeightEma(parameters, 0.75, start);
  const moved = new Map([...start].map(([name, values]) => [name, values.map((one) => one + 4)]));
  parameters.write(moved);
  ema.update();
  for (const [name, values] of await ema.parameters.read()) {
    values.forEach((value, i) => assert.ok(Math.abs(value - (start.get(name)![i] + 1)) < 1e-6));
  }
  ema.dispose();
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
    /must depend on every parameter, got "matrix"/,
  );
  assert.deepEqual(decayMatrices(specs[0]), { decayScale: 1, rateScale: 1 });
  parameters.dispose();
}, ["cpu"]);
