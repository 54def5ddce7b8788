import assert from "node:assert/strict";
import { findAdapter, openDevice } from "@videoms/core";
import { openWebGpuDevice } from "../../core/device/webgpu_device.ts";
import { isSkipped } from "../backends.ts";

const LASTING = { sanitizeOps: false, sanitizeResources: false };

Deno.test({
  name: "an error that the GPU reports outside any scope is kept and thrown [webgpu]",
  ignore: isSkipped("webgpu"),
  ...LASTING,
  fn: async () => {
    using gpu = await openWebGpuDevice();
    const { device, failure } = gpu;
    assert.equal(failure(), null);
    device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
    await device.queue.onSubmittedWorkDone();
    for (let i = 0; i < 50 && failure() === null; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.match(failure()!.message, /^The GPU reported an error: ./);
  },
});

Deno.test({
  name: "limits are raised to what the adapter offers [webgpu]",
  ignore: isSkipped("webgpu"),
  ...LASTING,
  fn: async () => {
    using gpu = await openWebGpuDevice();
    const { adapter, device } = gpu;
    for (const [name, limit] of Object.entries(adapter.limits)) {
      assert.equal(device.limits[name as keyof GPUSupportedLimits], limit, name);
    }
    assert.equal((await findAdapter())!.name, adapter.name);
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
