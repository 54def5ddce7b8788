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
import { differentiable } from "../../core/ops/differentiable.ts";
import { linear } from "../../core/ops/linear.ts";
import { testOnBackends } from "../backends.ts";

const WIDTH = 40;

/**
 * Used once, twice, within a recomputation, by an operation that tells nothing, by both kinds, and two whose gradient is
 * one tensor.
 */
const NAMES = ["once", "twice", "again", "silent", "both", "left", "right"];
const SPECS = NAMES.map((name): ParameterSpec => ({
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
  const sum = differentiable(
    [weight("left"), weight("right")],
    () => ({ value: tf.add<tf.Tensor2D>(weight("left"), weight("right")), saved: [] }),
    (dy) => [dy, dy],
  );
  const twice = linear(
    linear(linear(again, sum, null), weight("twice"), null),
    weight("twice"),
    null,
  );
  return tf.mean(tf.square(linear(twice, weight("once"), null)));
}

const [STEPS, MICRO_BATCHES, RANKS] = [3, 3, 2];
const BUCKETS = NAMES.length;

testOnBackends(
  "ranks add up gradients to the bits of one process, on a CPU while passes are under way",
  async (device) => {
    const passes = new Set<number>();
    let early = 0;
    const watched = (ranks: Communicator): Communicator => ({
      ...ranks,
      collect(...values) {
        if (passes.has(ranks.rank)) early++;
        return ranks.collect(...values);
      },
    });
    const seedOf = (step: number, i: number) => 100 * step + i + 1;
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
          const losses: tf.Scalar[] = [];
          for (let i = 0; i < MICRO_BATCHES; i++) {
            const seed = seedOf(step, i * RANKS + ranks.rank);
            await average.begin(i, MICRO_BATCHES);
            passes.add(ranks.rank);
            const { loss, gradients } = lossAndGradients(
              parameters,
              () => lossOf(parameters, seed),
            );
            passes.delete(ranks.rank);
            losses.push(loss);
            await average.add(gradients);
            tf.dispose([...gradients.values()]);
          }
          const total = await average.total(losses);
          assert.deepEqual(average.flags, [1]);
          const alone = await inOneProcess(expected, (i) => seedOf(step, i));
          const told = await Promise.all(total.losses.map((loss) => loss.data()));
          assert.deepEqual(told.flatMap((one) => [...one]), alone.losses);
          for (const [name, sum] of alone.sums) {
            assert.deepEqual(await total.gradients.get(name)!.data(), sum, `${name} ${step}`);
          }
          tf.dispose([...losses, ...total.losses, ...total.gradients.values()]);
        }
        average.dispose();
        parameters.dispose();
      }),
    );
    expected.dispose();
    // All but "silent" and "both" fill a bucket each early; the first step shows that they do.
    assert.equal(early, device.view ? (STEPS - 1) * RANKS * MICRO_BATCHES * (BUCKETS - 2) : 0);
  },
  ["wasm", "webgpu"],
);

/** Losses, and sums of gradients, of all micro-batches one after the other. */
async function inOneProcess(parameters: Parameters, seedOf: (i: number) => number) {
  const losses: number[] = [];
  const sums = new Map<string, Float32Array>();
  for (let i = 0; i < RANKS * MICRO_BATCHES; i++) {
    const pass = lossAndGradients(parameters, () => lossOf(parameters, seedOf(i)));
    losses.push(...await pass.loss.data());
    for (const [name, gradient] of pass.gradients) {
      const values = await gradient.data<"float32">();
      const sum = sums.get(name);
      if (sum) values.forEach((value, j) => sum[j] += value);
      else sums.set(name, values.slice());
    }
    tf.dispose([pass.loss, ...pass.gradients.values()]);
  }
  return { losses, sums };
}
