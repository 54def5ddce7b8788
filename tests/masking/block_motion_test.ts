import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { gridOf } from "@videoms/core";
import { blockMotion, tokenImportance } from "@videoms/masking";
import { testOnBackends, valuesOf } from "../backends.ts";
import { streams } from "./clips.ts";

testOnBackends("block motion averages over the places there are, within a tubelet", async () => {
  const grid = gridOf(3, 3, 4);
  const values = Array.from({ length: 36 }, (_, n) => n < 12 ? 0 : n < 24 ? n * n : n * n + 100);
  const tokens = tf.tensor3d(values, [1, 36, 1]);
  const input = { grid, batch: 1, random: streams([1]), embeddings: tokens };
  const importance = async (side: number) => {
    const options = { ...blockMotion.defaults, maskRatio: 0.8, first: "zero", side } as const;
    const chosen = await blockMotion.create(options)
      .select({ ...input, random: streams([1]) });
    tf.dispose([chosen.visible, chosen.target]);
    return [...await valuesOf(chosen.importance!)];
  };
  const single = await importance(1);
  const smooth = await importance(3);
  smooth.forEach((value, n) => {
    const [t, row, column] = [Math.floor(n / 12), Math.floor(n % 12 / 4), n % 4];
    const about = [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x) => [row + y, column + x]))
      .filter(([y, x]) => y >= 0 && y < 3 && x >= 0 && x < 4)
      .map(([y, x]) => single[t * 12 + y * 4 + x]);
    const mean = about.reduce((a, b) => a + b) / about.length;
    assert.ok(Math.abs(value - mean) <= 1e-5 * mean, `${n}: ${value} ${mean}`);
  });
  const plain = tokenImportance(tokens, grid, { first: "zero" });
  assert.deepEqual([...await valuesOf(plain)], single);
  assert.throws(
    () => blockMotion.create({ ...blockMotion.defaults, side: 2 }),
    /odd whole number, got 2/,
  );
  tokens.dispose();
});
