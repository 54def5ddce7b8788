import { DISTANCES } from "@videoms/core";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { createRegistry, gridOf, pluginsOf } from "@videoms/core";
import * as masking from "@videoms/masking";
import {
  allTokens,
  type MaskingStrategy,
  motionCentric,
  motionCentricTokens,
  type MotionCentricTokensOptions,
  type TokenSelection,
} from "@videoms/masking";
import { testOnBackends, valuesOf } from "../backends.ts";
import { chooseTokens, embeddingsOf, GRIDS, PAPER_GRID, rowsOf, streams } from "./clips.ts";

const registry = createRegistry(pluginsOf(masking));

function strategyOf(name: string, options = {}): MaskingStrategy {
  return registry.create<MaskingStrategy>({ kind: "masking", name, options });
}

/** The strategies, with a ratio that suits the smallest of the grids. */
const strategies = registry.list("masking").map(({ name }) => name)
  .filter((name) => !["several", "scheduled"].includes(name))
  .map((name) => strategyOf(name, { maskRatio: 0.8 }));

/** The strategies that draw, and the grids that each can mask. */
const CASES = strategies.flatMap((strategy) =>
  GRIDS.filter(({ rows, columns }) =>
    strategy.name !== "running-cell" || rows % 2 === 0 && columns % 2 === 0
  ).map((grid) => ({ strategy, grid }))
);

/** The token selection of a classifier. */
function tokensOf(options: Partial<MotionCentricTokensOptions> = {}): TokenSelection {
  return motionCentricTokens.create({ ...motionCentricTokens.defaults, ...options });
}

Deno.test("counts are those of the method", () => {
  assert.deepEqual(strategyOf("motion-centric").counts(PAPER_GRID), { visible: 156, target: 314 });
  assert.deepEqual(strategyOf("tube").counts(PAPER_GRID), { visible: 160, target: 1408 });
  assert.deepEqual(strategyOf("tube", { maskRatio: 0.75 }).counts(PAPER_GRID), {
    visible: 392,
    target: 1176,
  });
  assert.deepEqual(strategyOf("random").counts(PAPER_GRID), { visible: 157, target: 1411 });
  assert.equal(tokensOf().count(PAPER_GRID), 940);
  assert.equal(allTokens.create({}).count(PAPER_GRID), 1568);
});

testOnBackends(
  "visible and target tokens are ascending, disjoint and as many as counted",
  async () => {
    for (const { strategy, grid } of CASES) {
      const counts = strategy.counts(grid);
      const { visible, target } = await chooseTokens(strategy, [1, 2], grid);
      for (const b of [0, 1]) {
        assert.equal(visible[b].length, counts.visible);
        assert.equal(target[b].length, counts.target);
        const ascending = (row: number[]) => row.every((n, i) => i === 0 || n > row[i - 1]);
        assert.ok(ascending(visible[b]) && ascending(target[b]));
        const all = new Set([...visible[b], ...target[b]]);
        assert.equal(all.size, counts.visible + counts.target);
        assert.ok([...all].every((n) => n >= 0 && n < grid.tokens));
      }
    }
  },
);

testOnBackends("a clip's tokens do not depend on its place or company in the batch", async () => {
  const grid = gridOf(5, 4, 6);
  for (const strategy of strategies) {
    const together = await chooseTokens(strategy, [1, 2, 3], grid);
    const permuted = await chooseTokens(strategy, [3, 1, 2], grid);
    const alone = await chooseTokens(strategy, [2], grid);
    for (const part of ["visible", "target"] as const) {
      const [one, two, three] = together[part];
      assert.deepEqual(permuted[part], [three, one, two]);
      assert.deepEqual(alone[part], [two]);
      if (strategy.name !== "causal") assert.notDeepEqual(one, two);
    }
  }
});

testOnBackends("tube hides the same places in every tubelet", async () => {
  const grid = gridOf(6, 3, 5);
  const { visible } = await chooseTokens(strategyOf("tube", { maskRatio: 0.75 }), [4], grid);
  const perTubelet = visible[0].length / grid.tubelets;
  visible[0].forEach((n, i) =>
    assert.equal(n % grid.perTubelet, visible[0][i % perTubelet] % grid.perTubelet)
  );
}, ["cpu"]);

testOnBackends("draws of random and tube masks are uniform", async () => {
  const grid = gridOf(2, 2, 2);
  const seeds = Array.from({ length: 2000 }, (_, seed) => seed);
  for (const name of ["random", "tube"]) {
    const { visible } = await chooseTokens(strategyOf(name, { maskRatio: 0.5 }), seeds, grid);
    const counts = new Array(grid.tokens).fill(0);
    for (const n of visible.flat()) counts[n]++;
    for (const count of counts) assert.ok(Math.abs(count - 1000) < 100, `${name}: ${counts}`);
  }
}, ["cpu"]);

testOnBackends(
  "motion-centric chooses among the most important tokens by injected draws",
  async () => {
    const grid = gridOf(2, 2, 5); // a token's importance is its place, 0 … 9; K = 8
    const values = Array.from({ length: 20 }, (_, n) => n < 10 ? 0 : n - 10);
    const embeddings = tf.tensor3d(values, [1, 20, 1]);
    const draws = [0.9, 0.1, 0.5, 0.5, 0.2, 0.8, 0.7, 0.6]; // of 9, 19, 8, 18, 7, 17, 6, 16
    const [stream] = streams([0]);
    const random = [{ ...stream, uniforms: () => Float64Array.from(draws) }];
    const select = async (keep: "most" | "least") => {
      const options = { ...motionCentric.defaults, motionRatio: 0.6, keep };
      const selection = await motionCentric.create(options).select({
        grid,
        batch: 1,
        embeddings,
        random,
      });
      selection.importance?.dispose();
      return [await rowsOf(selection.visible), await rowsOf(selection.target)];
    };
    // V = 1, for (1 − 0.9) · 20 is just below 2.
    assert.deepEqual(await select("most"), [[[19]], [[6, 7, 8, 9, 16, 17, 18]]]);
    assert.deepEqual(await select("least"), [[[10]], [[0, 1, 2, 3, 11, 12, 13]]]);
    embeddings.dispose();
  },
);

testOnBackends(
  "draws decide which informative tokens are visible, never which are informative",
  async () => {
    const grid = gridOf(4, 3, 3);
    const embeddings = embeddingsOf([7], grid, 3);
    const strategy = strategyOf("motion-centric", { maskRatio: 0.8, motionRatio: 0.5 });
    const unions = new Set<string>();
    const visibles = new Set<string>();
    for (const random of [streams([1]), streams([2]), streams([3])]) {
      const { visible, target, importance } = await strategy.select({
        grid,
        batch: 1,
        embeddings,
        random,
      });
      importance?.dispose();
      const [[seen], [hidden]] = [await rowsOf(visible), await rowsOf(target)];
      unions.add([...seen, ...hidden].sort((a, b) => a - b).join());
      visibles.add(seen.join());
    }
    embeddings.dispose();
    assert.equal(unions.size, 1);
    assert.equal(visibles.size, 3);
  },
);

testOnBackends("tokens are chosen in three dispatches, and nothing is read", async ({ queue }) => {
  const grid = gridOf(4, 3, 3);
  const embeddings = embeddingsOf([1, 2], grid, 4);
  const strategy = strategyOf("motion-centric", { maskRatio: 0.8 });
  const input = { grid, batch: 2, embeddings, random: streams([1, 2]) };
  const read = GPUBuffer.prototype.mapAsync;
  let reads = 0;
  GPUBuffer.prototype.mapAsync = function (...args) {
    reads++;
    return read.apply(this, args);
  };
  try {
    for (const chooser of [strategy, tokensOf()]) {
      const { dispatches } = queue!.counts();
      const chosen = await chooser.select(input);
      assert.equal(queue!.counts().dispatches - dispatches, 3);
      tf.dispose(chosen as unknown as tf.TensorContainer);
    }
    assert.equal(reads, 0);
  } finally {
    GPUBuffer.prototype.mapAsync = read;
  }
  embeddings.dispose();
}, ["webgpu"]);

testOnBackends("a static clip keeps its first tokens", async () => {
  const grid = gridOf(3, 3, 3);
  const embeddings = tf.ones([2, grid.tokens, 4]) as tf.Tensor3D;
  for (const distance of DISTANCES) {
    const selection = tokensOf({ dropRatio: 0.4, distance });
    const kept = await rowsOf(await selection.select({ grid, batch: 2, embeddings, random: [] }));
    const first = Array.from({ length: 16 }, (_, n) => n);
    assert.deepEqual(kept, [first, first]);
  }
  embeddings.dispose();
});

testOnBackends("all tokens are all tokens", async () => {
  const kept = await allTokens.create({}).select({ grid: gridOf(2, 1, 2), batch: 2, random: [] });
  assert.deepEqual(await rowsOf(kept), [[0, 1, 2, 3], [0, 1, 2, 3]]);
}, ["cpu"]);

Deno.test("token selections are found by name, and are called as their plugins", () => {
  const names = registry.list("tokens").map(({ name }) => name);
  assert.deepEqual(names.toSorted(), ["all", "motion-centric"]);
  for (const name of names) {
    const selection = registry.create<TokenSelection>({ kind: "tokens", name, options: {} });
    assert.equal(selection.name, name);
    assert.equal(selection.count(PAPER_GRID), name === "all" ? 1568 : 940);
  }
});

Deno.test("options that cannot work are refused by name, value and count", () => {
  for (const maskRatio of [0, 1, -0.5, 1.5]) {
    for (const { name } of strategies) {
      assert.throws(
        () => strategyOf(name, { maskRatio }),
        /RangeError.*maskRatio .*in \(0, 1\)/,
      );
    }
  }
  const motion = (options = {}) => strategyOf("motion-centric", options);
  assert.throws(() => motion({ motionRatio: 1 }), /motionRatio .*in \(0, 1\).*got 1/);
  assert.throws(() => motion({ maskRatio: 0.7 }), /must exceed motionRatio.*got 0.7 and 0.7/);
  assert.throws(() => motion({ keep: "some" }), /keep.*must be one of most, least/);
  assert.throws(() => motion().counts(gridOf(1, 4, 4)), /at least 2 tubelets, got 1/);
  assert.throws(() => motion().counts(gridOf(2, 1, 5)), /visible token, got 0.9, .*leaves 0 of 10/);
  assert.throws(
    () => motion({ maskRatio: 0.75 }).counts(gridOf(2, 1, 2)),
    /leave 1 and 1 of 4, so no target/,
  );
  assert.throws(
    () => strategyOf("tube", { maskRatio: 0.1 }).counts(gridOf(4, 3, 3)),
    /target token/,
  );
  assert.throws(() => tokensOf({ dropRatio: 1 }), /dropRatio .*got 1/);
  assert.throws(() => tokensOf({ dropRatio: 0.9 }).count(gridOf(2, 1, 2)), /0 of 4/);
});

testOnBackends(
  "embeddings that diverged still give whole indices: the loss will tell",
  async () => {
    const strategy = strategyOf("motion-centric", { maskRatio: 0.8 });
    const embeddings = tf.fill([1, 36, 2], NaN) as tf.Tensor3D;
    const { visible, target, importance } = await strategy.select({
      grid: gridOf(4, 3, 3),
      batch: 1,
      random: streams([1]),
      embeddings,
    });
    const tokens = [...await valuesOf(visible), ...await valuesOf(target)].sort((a, b) => a - b);
    assert.deepEqual(tokens, Array.from({ length: 10 }, (_, n) => n));
    tf.dispose([embeddings, importance!]);
  },
);

testOnBackends("inputs of other sizes are refused, and no tensor is left", async () => {
  const grid = gridOf(4, 3, 3);
  const strategy = strategyOf("motion-centric", { maskRatio: 0.8 });
  const embeddings = embeddingsOf([1], gridOf(3, 3, 3), 2);
  const select = (input: object) =>
    strategy.select({ grid, batch: 1, random: streams([1]), ...input });
  await assert.rejects(() => select({}), /embeddings must be given/);
  await assert.rejects(() => select({ embeddings }), /36 tokens, got 27/);
  await assert.rejects(() => select({ random: [] }), /got 0 for 1 clips/);
  embeddings.dispose();
}, ["cpu"]);
