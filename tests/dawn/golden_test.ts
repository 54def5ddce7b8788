import "./use_dawn.ts";
import assert from "node:assert/strict";
import { passes } from "../../core/testing/comparison.ts";
import { readGoldenCases } from "../../tasks/commands/verify/verify.ts";
import { verifyCase } from "../../tasks/commands/verify/verify_case.ts";
import { testOnBackends } from "../backends.ts";

for (const golden of await readGoldenCases()) {
  testOnBackends(
    `${golden.name} gives the numbers of the PyTorch implementation`,
    async (device) => {
      const comparisons = await verifyCase(golden, device);
      assert.ok(comparisons.length >= 5);
      assert.deepEqual(comparisons.filter((one) => !passes(one)), []);
    },
  );
}
