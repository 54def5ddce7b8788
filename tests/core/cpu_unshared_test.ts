import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { openDevice, referenceKernels } from "@videoms/core";
import { openWasmEngine } from "../../core/cpu/wasm_engine.ts";
import { SMALL_CASES } from "./cpu_cases.ts";

Deno.test({
  name: "cpu engine: works alone where threads cannot share memory",
  sanitizeResources: false, // the engine stays open
  sanitizeOps: false,
  fn: async () => {
    // what a browser says to a page that is not isolated
    Object.assign(globalThis, { crossOriginIsolated: false });
    const { description } = await openDevice({ backend: "wasm", threads: 2 });
    assert.match(description, /, 1 thread$/);
    const engine = await openWasmEngine();
    assert.equal(engine.threads, 1);
    for (const { name, run } of SMALL_CASES) {
      await tf.setBackend("cpu");
      const expected = tf.tidy(() => run(referenceKernels).map((tensor) => tensor.dataSync()));
      await tf.setBackend("wasm");
      const values = tf.tidy(() => run(engine.kernels).map((tensor) => tensor.dataSync()));
      values.forEach((result, i) =>
        result.forEach((value, k) => {
          const wanted = expected[i][k];
          const near = value === wanted ||
            Math.abs(value - wanted) <= 1e-4 * (1 + Math.abs(wanted));
          assert.ok(near, `${name}, result ${i}: ${value}, expected ${wanted}`);
        })
      );
    }
    const size = engine.heapBytes() / 4; // moments outlive a heap that grows
    const moments = engine.createMoments(10);
    tf.zeros([size]).dispose();
    assert.equal(moments.first.length, 10);
  },
});
