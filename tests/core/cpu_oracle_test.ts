import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { openDevice, referenceKernels } from "@videoms/core";
import { openWasmEngine } from "../../core/cpu/wasm_engine.ts";
import { type KernelCase, LARGE_CASES, SMALL_CASES } from "./cpu_cases.ts";

await openDevice({ backend: "cpu" });

type Values = ArrayLike<number>;

/** What a case makes: shapes and values. */
function resultsOf({ run }: KernelCase, kernels: typeof referenceKernels): [number[], Values][] {
  const before = tf.memory().numTensors;
  const results: [number[], Values][] = [];
  tf.tidy(() => {
    for (const tensor of run(kernels)) results.push([tensor.shape, tensor.dataSync()]);
  });
  assert.equal(tf.memory().numTensors, before, "tensors are left");
  return results;
}

function assertClose(name: string, actual: Values, expected: Values, tolerance: number): void {
  let scale = 1e-30;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]));
  for (let i = 0; i < expected.length; i++) {
    const same = actual[i] === expected[i] ||
      Math.abs(actual[i] - expected[i]) <= tolerance * scale;
    if (!same) assert.fail(`${name}, value ${i}: ${actual[i]}, expected ${expected[i]}`);
  }
}

for (const one of [...SMALL_CASES, ...LARGE_CASES]) {
  Deno.test({
    name: `cpu engine gives what stock operations give: ${one.name}`,
    sanitizeResources: false, // the engine stays open
    sanitizeOps: false,
    fn: async () => {
      await tf.setBackend("cpu");
      const expected = resultsOf(one, referenceKernels);
      for (const blas of ["auto", "none"] as const) {
        const { kernels } = await openWasmEngine({ blas });
        await tf.setBackend("wasm");
        resultsOf(one, kernels).forEach(([shape, values], i) => {
          assert.deepEqual(shape, expected[i][0], `shape of ${i}`);
          assertClose(`result ${i}, blas ${blas}`, values, expected[i][1], one.tolerance);
        });
      }
    },
  });
}
