import assert from "node:assert/strict";
import { readGoldenCases } from "../../tasks/commands/verify/verify.ts";
import { verifyCase } from "../../tasks/commands/verify/verify_case.ts";
import {
  compareChoices,
  passes,
  relativeError,
  relativeNorm,
} from "../../core/testing/comparison.ts";
import { testOnBackends } from "../backends.ts";

const cases = await readGoldenCases();

for (const golden of cases) {
  testOnBackends(
    `${golden.name} gives the numbers of the PyTorch implementation`,
    async (device) => {
      const comparisons = await verifyCase(golden, device);
      assert.ok(comparisons.length >= 5);
      const misses = comparisons.filter((one) => !passes(one));
      assert.deepEqual(misses, []);
    },
  );
}

Deno.test("the shipped cases cover both networks and all strategies", () => {
  assert.deepEqual(cases.map(({ name }) => name), [
    "finetune-all-tokens",
    "finetune-motion-centric",
    "pretrain-motion-centric",
    "pretrain-random",
    "pretrain-tube",
  ]);
});

Deno.test("errors are measured so that a wrong entry shows and NaN never passes", () => {
  assert.equal(relativeError([1, 2], [1, 4]), 0.5);
  assert.equal(relativeError([1], [1, 4]), Infinity);
  assert.ok(Number.isNaN(relativeError([NaN, 4], [1, 4])));
  assert.equal(relativeNorm([3, 4], [3, 0]), 4 / 3);
  const tolerance = 1;
  assert.ok(!passes({ quantity: "x", error: NaN, tolerance, unit: "relative" }));
});

Deno.test("only tokens of equal importance may stand in for one another", () => {
  const differ = (computed: number[], recorded: number[], importance: number[] | null) =>
    compareChoices("x", [computed], [recorded], importance && [importance]).error;
  const importance = [5, 3, 3, 1, 0, 0];
  assert.equal(differ([0, 1, 4], [0, 2, 5], importance), 0);
  assert.equal(differ([0, 1], [0, 3], importance), 1);
  assert.equal(differ([0, 1], [0, 2], null), 1);
  assert.equal(differ([0], [0, 2], importance), 1);
});

Deno.test("a folder without cases is an error that says so", async () => {
  await assert.rejects(readGoldenCases("/nowhere"), /the cases must be a folder, got \/nowhere/);
  const empty = await Deno.makeTempDir();
  await assert.rejects(readGoldenCases(empty), /must hold recorded cases/);
  await Deno.remove(empty);
});
