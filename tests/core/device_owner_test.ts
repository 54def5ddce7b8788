import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { activeKernels, type Device, openDevice, referenceKernels } from "@videoms/core";
import { isSkipped } from "../backends.ts";

type Backend = Device["backend"];

const BACKENDS = (["cpu", "wasm", "webgpu"] as const).filter((one) => !isSkipped(one));

/** Loading a library, finding an adapter and compiling leave resources of the process itself. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

/** Multiplies matrices by the kernels that are current; whoever asked disposes of the product. */
function product(): tf.Tensor {
  return tf.tidy(() => {
    const x = tf.fill<tf.Rank.R2>([256, 256], 0.5);
    return activeKernels().linear(x, x, null);
  });
}

async function computeOn(backend: Backend): Promise<Device> {
  await using device = await openDevice({ backend });
  assert.equal(tf.getBackend(), backend);
  const result = product();
  assert.equal((await result.data())[0], 64);
  result.dispose();
  device.check();
  return device;
}

for (const backend of BACKENDS) {
  Deno.test({
    name: `a device that is opened and closed again and again leaves nothing behind [${backend}]`,
    ...LASTING,
    fn: async () => {
      await computeOn("cpu"); // there is no memory to ask for before
      const tensors = tf.memory().numTensors;
      for (let i = 0; i < 4; i++) {
        const { queue } = await computeOn(backend);
        assert.equal(tf.memory().numTensors, tensors);
        assert.equal(activeKernels(), referenceKernels);
        if (!queue) continue;
        assert.equal((await queue.device.lost).reason, "destroyed");
        assert.equal(queue.counts().usedBytes, 0);
      }
    },
  });
}

Deno.test({
  name: "a device that is opened again is shared, and closed with the last who opened it",
  ...LASTING,
  fn: async () => {
    const first = await openDevice({ backend: "wasm" });
    const second = await openDevice({ backend: "wasm" });
    await first[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose](); // counts once
    assert.equal(tf.getBackend(), "wasm");
    const result = product();
    assert.equal((await result.data())[0], 64);
    result.dispose();
    await second[Symbol.asyncDispose]();
    assert.notEqual(tf.getBackend(), "wasm");
  },
});

Deno.test({
  name: "a device that is opened while another is being closed is whole",
  ...LASTING,
  fn: async () => {
    for (let i = 0; i < 3; i++) {
      const before = await openDevice({ backend: "wasm" });
      const [device] = await Promise.all([
        openDevice({ backend: "cpu" }).then(async (other) => {
          await other[Symbol.asyncDispose]();
          return await openDevice({ backend: "wasm" });
        }),
        before[Symbol.asyncDispose](),
        computeOn("wasm"),
      ]);
      await tf.setBackend("wasm");
      const result = product();
      assert.equal((await result.data())[0], 64);
      result.dispose();
      await device[Symbol.asyncDispose]();
    }
    assert.equal(tf.getBackend(), "cpu");
  },
});

Deno.test({
  name: "a backend that is open is not opened with other options",
  ...LASTING,
  fn: async () => {
    await using _ = await openDevice({ backend: "wasm" });
    await assert.rejects(openDevice({ backend: "wasm", threads: 1 }), {
      message: "Cannot run on wasm: it must be opened with the options of the open device, " +
        "precision f32, BLAS auto, threads all, got precision f32, BLAS auto, threads 1; close that device first",
    });
  },
});

Deno.test({
  name: "the device that was opened before is current again once another is closed",
  ...LASTING,
  fn: async () => {
    await using _ = await openDevice({ backend: "wasm" });
    await computeOn("cpu");
    assert.equal(tf.getBackend(), "wasm");
    const result = product();
    assert.equal((await result.data())[0], 64);
    result.dispose();
  },
});
