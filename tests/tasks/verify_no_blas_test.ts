import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { openDevice } from "@videoms/core";
import { passes } from "../../core/testing/comparison.ts";
import { readGoldenCases } from "../../tasks/commands/verify/verify.ts";
import { verifyCase } from "../../tasks/commands/verify/verify_case.ts";

// In a file of its own: a process has one CPU engine, with BLAS or without.
const device = await openDevice({ backend: "wasm", blas: "none" });

for (const golden of await readGoldenCases()) {
  Deno.test(
    `${golden.name} gives the numbers of the PyTorch implementation [wasm without BLAS]`,
    async () => {
      assert.equal(device.blas, null);
      const before = tf.memory().numTensors;
      const comparisons = await verifyCase(golden, device);
      assert.ok(comparisons.length >= 5);
      assert.deepEqual(comparisons.filter((one) => !passes(one)), []);
      assert.equal(tf.memory().numTensors, before);
    },
  );
}
