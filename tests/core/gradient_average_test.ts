import {
  type Communicator,
  GradientAverage,
  initialParameters,
  localRanks,
  lossAndGradients,
  Parameters,
  type ParameterSpec,
  recompute,
} from "@videoms/core";
import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { linear } from "../../core/ops/linear.ts";
import { testOnBackends } from "../backends.ts";

const WIDTH = 40;

/** Used once, twice, within a recomputation, by an operation that tells nothing, and by both kinds. */
const SPECS = ["once", "twice", "again", "silent", "both"].map((name): ParameterSpec => ({
  name,
  shape: [WIDTH, WIDTH],
  initializer: { kind: "uniform", bound: 0.2 },
}));

function lossOf(parameters: Parameters, seed: number): tf.Scalar {
  const weight = (name: string) => parameters.get<tf.Tensor2D>(name);
  const x = tf.randomNormal<tf.Rank.R2>([2, WIDTH], 0, 1, "float32", seed);
  const silent = tf.mul(x, tf.mean(weight("silent")));
  const both = tf.add(linear(silent, weight("both"), null), tf.mean(weight("both")));
  const again = recompute(
    [both, weight("again")],
    (a, w) => linear(a as tf.Tensor2D, w as tf.Tensor2D, null),
  );
  const twice = linear(linear(again, weight("twice"), null), weight("twice"), null);
  return tf.mean(tf.square(linear(twice, weight("once"), null)));
}

const [STEPS, MICRO_BATCHES, RANKS] = [3, 2, 2];

testOnBackends(
  "gradients of ranks are averaged, on a CPU while passes are under way",
  async (device) => {
    const passes = new Set<number>();
    let early = 0;
    const watched = (ranks: Communicator): Communicator => ({
      ...ranks,
      sum(values) {
        if (passes.has(ranks.rank)) early++;
        return ranks.sum(values);
      },
    });
    const seedOf = (step: number, rank: number, part: number) => 100 * step + 10 * rank + part + 1;
    const values = initialParameters(SPECS, 1);
    const expected = new Parameters(SPECS, values);
    await Promise.all(
      localRanks(RANKS).map(async (ranks) => {
        const parameters = new Parameters(SPECS, values);
        const average = new GradientAverage(watched(ranks), parameters, {
          view: device.view,
          flags: () => [ranks.rank],
          bucketSize: WIDTH ** 2,
        });
        for (let step = 0; step < STEPS; step++) {
          const passOf = (part: number) => {
            average.begin(part === MICRO_BATCHES - 1);
            passes.add(ranks.rank);
            const pass = lossAndGradients(
              parameters,
              () => lossOf(parameters, seedOf(step, ranks.rank, part)),
            );
            passes.delete(ranks.rank);
            return pass;
          };
          const first = passOf(0);
          average.accumulate(first.gradients);
          const last = passOf(1);
          const { loss, gradients } = await average.mean(last);
          assert.deepEqual(average.flags, [1]);
          for (const name of SPECS.map(({ name }) => name)) {
            const whole = await meanGradient(
              expected,
              name,
              (rank, part) => seedOf(step, rank, part),
            );
            const own = await gradients.get(name)!.data();
            const largest = whole.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
            assert.ok(
              own.every((value, i) => Math.abs(value - whole[i]) <= 1e-4 * largest),
              `${name} ${step}`,
            );
          }
          tf.dispose([first.loss, loss, ...first.gradients.values(), ...gradients.values()]);
        }
        average.dispose();
        parameters.dispose();
      }),
    );
    expected.dispose();
    // "once", "twice" and "again" fill a bucket each; the first step shows that they do.
    assert.equal(early, device.view ? (STEPS - 1) * RANKS * 3 : 0);
  },
  ["wasm", "webgpu"],
);

/** The mean of a gradient over ranks and micro-batches, each of which is computed apart. */
async function meanGradient(
  parameters: Parameters,
  name: string,
  seedOf: (rank: number, part: number) => number,
): Promise<Float32Array> {
  const mean = new Float32Array(WIDTH * WIDTH);
  for (let i = 0; i < RANKS * MICRO_BATCHES; i++) {
    const seed = seedOf(Math.floor(i / MICRO_BATCHES), i % MICRO_BATCHES);
    const { loss, gradients } = lossAndGradients(parameters, () => lossOf(parameters, seed));
    (await gradients.get(name)!.data<"float32">()).forEach((value, j) => {
      mean[j] += value / (RANKS * MICRO_BATCHES);
    });
    tf.dispose([loss, ...gradients.values()]);
  }
  return mean;
}
