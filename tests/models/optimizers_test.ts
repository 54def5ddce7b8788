import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  initialParameters,
  openOptimizer,
  Parameters,
  type ParameterSpec,
  randomStream,
  type Schedule,
  scheduleAt,
  type UpdateRule,
} from "@videoms/core";
import { constant, lamb, linearDecay, lion, sgd, stableDecay } from "@videoms/models";
import { testOnBackends } from "../backends.ts";

const SPECS: readonly ParameterSpec[] = [
  { name: "matrix", shape: [5, 3], initializer: { kind: "uniform", bound: 1 } },
  { name: "vector", shape: [7], initializer: { kind: "uniform", bound: 1 } },
];
const [BETA1, BETA2, EPSILON, RATE, DECAY] = [0.8, 0.9, 1e-6, 0.05, 0.2];

/** What is kept of a tensor, in double precision. */
interface Reference {
  weights: number[];
  first: number[];
  second: number[];
}

/** A step of a tensor by the formula of a paper. */
type Formula = (state: Reference, gradient: number[], decay: number, step: number) => void;

const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));

const lionStep: Formula = ({ weights, first }, gradient, decay) =>
  gradient.forEach((g, i) => {
    const sign = Math.sign(BETA1 * first[i] + (1 - BETA1) * g);
    weights[i] -= RATE * (sign + decay * weights[i]);
    first[i] = BETA2 * first[i] + (1 - BETA2) * g;
  });

const lambStep: Formula = ({ weights, first, second }, gradient, decay, step) => {
  const direction = gradient.map((g, i) => {
    first[i] = BETA1 * first[i] + (1 - BETA1) * g;
    second[i] = BETA2 * second[i] + (1 - BETA2) * g * g;
    const root = Math.sqrt(second[i] / (1 - BETA2 ** step)) + EPSILON;
    return first[i] / (1 - BETA1 ** step) / root + decay * weights[i];
  });
  const trust = decay > 0 ? norm(weights) / norm(direction) : 1;
  direction.forEach((d, i) => weights[i] -= RATE * trust * d);
};

const sgdStep = (nesterov: boolean): Formula => ({ weights, first }, gradient, decay) =>
  gradient.forEach((g, i) => {
    first[i] = 0.7 * first[i] + g;
    weights[i] -= RATE * (decay * weights[i] + (nesterov ? g + 0.7 * first[i] : first[i]));
  });

const CASES: readonly (readonly [string, UpdateRule, Formula])[] = [
  ["Lion", lion.create({}), lionStep],
  ["LAMB", lamb.create({}), lambStep],
  ["SGD", sgd.create({ momentum: 0.7, nesterov: false }), sgdStep(false)],
  ["SGD of Nesterov", sgd.create({ momentum: 0.7, nesterov: true }), sgdStep(true)],
];

testOnBackends("optimisers follow their formulas, vectors without decay", async (device) => {
  for (const [title, rule, formula] of CASES) {
    const parameters = new Parameters(SPECS, initialParameters(SPECS, 0));
    const optimizer = openOptimizer(device, parameters, rule, {
      betas: [BETA1, BETA2],
      epsilon: EPSILON,
    });
    const expected = new Map([...await parameters.read()].map(([name, values]) => {
      const zeros = () => new Array<number>(values.length).fill(0);
      return [name, { weights: [...values], first: zeros(), second: zeros() }];
    }));
    for (let step = 1; step <= 5; step++) {
      const gradients = new Map(SPECS.map(({ name, shape }) => {
        const random = randomStream(1, name, step);
        const size = shape.reduce((product, side) => product * side, 1);
        const values = Float32Array.from({ length: size }, () => random.normal());
        return [name, tf.tensor(values, [...shape])];
      }));
      optimizer.step(gradients, { learningRate: RATE, weightDecay: DECAY });
      for (const [name, state] of expected) {
        const gradient = [...await gradients.get(name)!.data()];
        formula(state, gradient, name === "matrix" ? DECAY : 0, step);
      }
      tf.dispose([...gradients.values()]);
    }
    for (const [name, values] of await parameters.read()) {
      const { weights } = expected.get(name)!;
      values.forEach((value, i) =>
        assert.ok(
          Math.abs(value - weights[i]) < 2e-6,
          `${title}, ${name} ${i}: ${value - weights[i]}`,
        )
      );
    }
    optimizer.dispose();
    parameters.dispose();
  }
}, ["cpu", "wasm"]);

Deno.test("schedules fall from the base to the final value as they say", () => {
  const span = { base: 2, final: 1, steps: 11, warmupSteps: 1, warmupStart: 0 };
  const at = (schedule: Schedule) =>
    Array.from({ length: 11 }, (_, step) => Number(scheduleAt(span, step, schedule).toFixed(4)));
  assert.deepEqual(at(constant.create({})), [0, ...new Array(10).fill(2)]);
  assert.deepEqual(
    at(linearDecay.create({})),
    [0, 2, 1.9, 1.8, 1.7, 1.6, 1.5, 1.4, 1.3, 1.2, 1.1],
  );
  assert.deepEqual(
    at(stableDecay.create({ decay: 0.4, shape: "linear" })),
    [0, 2, 2, 2, 2, 2, 2, 2, 1.75, 1.5, 1.25],
  );
  assert.deepEqual(
    at(stableDecay.create({ decay: 0.4, shape: "sqrt" })).slice(-4),
    [2, 1.5, 1.2929, 1.134],
  );
});
