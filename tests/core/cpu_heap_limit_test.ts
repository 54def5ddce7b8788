import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { openWasmEngine } from "../../core/cpu/wasm_engine.ts";

Deno.test({
  name: "cpu engine: a full heap is an error, and the engine works on",
  sanitizeResources: false, // the library stays open
  fn: async () => {
    const { kernels, heapBytes } = await openWasmEngine();
    const backend = tf.backend() as BackendWasm;
    // Memory that nothing is written to costs the machine nothing.
    const gibibyte = () => backend.makeOutput([2 ** 28], "float32");
    const x = tf.tensor2d([[1, 2], [3, 4]]);
    const product = () => tf.tidy(() => kernels.linear(x, x, null).arraySync());

    const blocks: tf.TensorInfo[] = [];
    const full = {
      name: "RangeError",
      message: /Cannot run on the CPU engine: its heap is limited to 4 GiB/,
    };
    assert.throws(() => {
      for (let i = 0; i < 4; i++) blocks.push(gibibyte());
    }, full);
    assert.equal(blocks.length, 3);
    assert.throws(() => tf.zeros([2 ** 28]), full);
    assert.deepEqual(product(), [[7, 10], [15, 22]]);

    for (const { dataId } of blocks) backend.disposeData(dataId);
    const bytes = heapBytes();
    backend.disposeData(gibibyte().dataId); // fits into what was freed
    assert.equal(heapBytes(), bytes);
    assert.deepEqual(product(), [[7, 10], [15, 22]]);
    x.dispose();
  },
});
