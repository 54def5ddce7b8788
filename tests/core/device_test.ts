import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { findAdapter, openDevice } from "@videoms/core";
import type { WebGpuDevice } from "../../core/device/webgpu_device.ts";
import { GPU_LABEL, isSkipped, openTestGpu } from "../backends.ts";

const LASTING = { sanitizeOps: false, sanitizeResources: false };

/** The first error of a device, once it is reported. */
async function reported({ device, failure }: WebGpuDevice): Promise<Error> {
  await device.queue.onSubmittedWorkDone();
  for (let i = 0; i < 500 && failure() === null; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return failure()!;
}

Deno.test({
  name: `an error that the GPU reports outside any scope is kept and thrown [${GPU_LABEL}]`,
  ignore: isSkipped("webgpu"),
  ...LASTING,
  fn: async () => {
    using gpu = await openTestGpu();
    const { device, failure } = gpu;
    assert.equal(failure(), null);
    device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
    assert.match((await reported(gpu)).message, /^The GPU reported an error: ./);
  },
});

Deno.test({
  name: `a GPU that is out of memory says what helps [${GPU_LABEL}]`,
  ignore: isSkipped("webgpu"),
  ...LASTING,
  fn: async () => {
    using gpu = await openTestGpu();
    const { device } = gpu;
    if (gpu.adapter.gpu === "dawn" && gpu.adapter.software) {
      device.createBuffer({ size: device.limits.maxBufferSize, usage: GPUBufferUsage.STORAGE });
    } else { // GPUs and Deno's own WebGPU take more than a test may use
      const error = new GPUOutOfMemoryError("no room");
      device.dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error }));
    }
    assert.match(
      (await reported(gpu)).message,
      /^The GPU ran out of memory: [^\n]+\. Use a smaller batch/,
    );
  },
});

Deno.test({
  name: `a GPU that is lost says so wherever it is read [${GPU_LABEL}]`,
  ignore: isSkipped("webgpu"),
  ...LASTING,
  fn: async () => {
    using gpu = await openTestGpu();
    const { device, queue: { memory } } = gpu;
    const ones = tf.ones([2000]);
    const sum = tf.add(ones, ones);
    const reserved = memory.reserve(4);
    device.destroy(); // as the reset of a driver does
    const reads = [() => sum.data(), () => memory.read(memory.rangeOf(reserved))];
    for (const read of reads) {
      await assert.rejects(read, /^Error: The GPU was lost \(.+ Start the run again to resume/);
    }
    assert.match(gpu.failure()!.message, /^The GPU was lost/);
    tf.dispose([ones, sum]);
  },
});

Deno.test({
  name: `limits are raised to what the adapter offers [${GPU_LABEL}]`,
  ignore: isSkipped("webgpu"),
  ...LASTING,
  fn: async () => {
    using gpu = await openTestGpu();
    const { adapter, device } = gpu;
    for (const [name, limit] of Object.entries(adapter.limits)) {
      assert.equal(device.limits[name as keyof GPUSupportedLimits], limit, name);
    }
    assert.equal((await findAdapter({ gpu: adapter.gpu }))!.name, adapter.name);
  },
});

Deno.test({
  name: "auto takes a real GPU, else the CPU engine",
  ...LASTING,
  fn: async () => {
    const adapter = await findAdapter();
    await using device = await openDevice({ backend: "auto" });
    assert.equal(device.backend, adapter && !adapter.software ? "webgpu" : "wasm");
    // @ts-expect-error: what a program without types may ask for
    await assert.rejects(openDevice({ backend: "cuda" }), /Cannot run on backend "cuda"/);
  },
});
