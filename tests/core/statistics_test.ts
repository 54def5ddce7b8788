import {
  effectSize,
  estimate,
  pairedBootstrap,
  pairedDifference,
  pairsNeeded,
  randomStream,
  studentQuantile,
} from "@videoms/core";
import assert from "node:assert/strict";
import { xorshift32 } from "../xorshift32.ts";

const near = (got: number, wanted: number, within = 1e-4) =>
  assert.ok(Math.abs(got - wanted) <= within, `${got}, expected ${wanted}`);

Deno.test("intervals have the width of Student's t", () => {
  // quantiles from printed tables: t(0.975) for 1, 2 and 9 degrees of freedom
  for (const [count, quantile] of [[2, 12.7062], [3, 4.3027], [10, 2.2622]]) {
    const values = Array.from({ length: count }, (_, i) => i * i);
    const mean = values.reduce((a, b) => a + b) / count;
    const deviation = Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / (count - 1));
    const { halfWidth } = estimate(values);
    assert.ok(Math.abs(halfWidth! / (deviation / Math.sqrt(count)) - quantile) < 1e-4);
  }
  assert.equal(estimate([5]).halfWidth, null);
  assert.throws(() => estimate([]), RangeError);
});

Deno.test("a difference is paired by seed, whatever the order and the missing seeds", () => {
  const a = [{ seed: 3, value: 5 }, { seed: 1, value: 2 }, { seed: 9, value: 100 }];
  const b = [{ seed: 1, value: 1 }, { seed: 2, value: -50 }, { seed: 3, value: 4 }];
  assert.deepEqual(pairedDifference(a, b), { count: 2, mean: 1, halfWidth: 0 });
  assert.equal(pairedDifference(a, []), null);
});

Deno.test("quantiles of Student's t are those of printed tables", () => {
  const table: [number, number, number][] = [
    ...[[0.975, 1, 12.7062], [0.975, 2, 4.3027], [0.975, 4, 2.7764]],
    ...[[0.975, 9, 2.2622], [0.975, 30, 2.0423], [0.995, 5, 4.0321]],
    ...[[0.8, 9, 0.8834], [0.8, 1, 1.3764], [0.975, 1000, 1.9623]],
  ] as [number, number, number][];
  for (const [probability, freedom, value] of table) {
    near(studentQuantile(probability, freedom), value);
  }
  assert.equal(studentQuantile(0.5, 3), 0);
  assert.throws(() => studentQuantile(1, 3), RangeError);
  assert.throws(() => studentQuantile(0.9, 1.5), RangeError);
});

Deno.test("the paired t test, its effect size and its power are the known ones", () => {
  // Student's sleep data: paired difference 1.58, t = 4.0621 with 9 degrees of freedom, 95 % interval 0.7001 to 2.4599.
  const one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
  const two = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
  const seeds = (values: number[]) => values.map((value, seed) => ({ seed, value }));
  const difference = pairedDifference(seeds(two), seeds(one))!;
  near(difference.mean, 1.58);
  near(difference.mean - difference.halfWidth!, 0.7001);
  near(effectSize(difference)! * Math.sqrt(10), 4.0621);
  assert.equal(effectSize(estimate([1])), null);
  assert.equal(effectSize(estimate([1, 1])), null);
  // Pairs for a power of 80 % at 5 %, two-sided, as in Cohen's tables.
  assert.deepEqual([0.5, 0.8, 1, -0.5].map(pairsNeeded), [34, 15, 10, 34]);
  assert.equal(pairsNeeded(0), Infinity);
});

Deno.test("95 % intervals hold the true mean in 93 to 97 % of 2,000 experiments", () => {
  const experiments = 2000;
  const covered = (holds: (experiment: number) => boolean) =>
    Array.from({ length: experiments }, (_, i) => holds(i)).filter(Boolean).length / experiments;
  const share = covered((i) => {
    const random = randomStream(1, "seeds", i);
    const { mean, halfWidth } = estimate(Array.from({ length: 5 }, () => 3 + random.normal()));
    return Math.abs(mean - 3) <= halfWidth!;
  });
  assert.ok(share >= 0.93 && share <= 0.97, `Student's t: ${share}`);
  // Videos that one training has right and the other not, in 40 %, the other way in 20 %, or that both have alike.
  const uniform = xorshift32(7);
  const videos = covered(() => {
    const differences = Array.from({ length: 80 }, () => {
      const draw = uniform();
      return draw < 0.4 ? 1 : draw < 0.6 ? -1 : 0;
    });
    const { low, high } = pairedBootstrap(differences, { uniform }, 400);
    return low <= 0.2 && 0.2 <= high;
  });
  assert.ok(videos >= 0.93 && videos <= 0.97, `bootstrap: ${videos}`);
  const same = () => pairedBootstrap([1, 0, 1, 1, -1, 0], randomStream(4));
  assert.deepEqual(same(), same());
  assert.throws(() => pairedBootstrap([], randomStream(0)), RangeError);
});
