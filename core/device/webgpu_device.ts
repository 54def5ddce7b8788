import * as tf from "@tensorflow/tfjs-core";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { GpuQueue } from "../webgpu/gpu_queue.ts";

/** What is known of a GPU adapter. */
export interface AdapterSummary {
  /** The adapter's own description, or its vendor and architecture where it has none. */
  name: string;
  /** Whether it computes on the CPU (llvmpipe, SwiftShader, …). */
  software: boolean;
  /** Names of the optional features it has. */
  features: string[];
  /** The limits that are raised to what the adapter offers. */
  limits: Record<string, number>;
}

/** A WebGPU device of our own under the tfjs backend; disposing of it takes both away. */
export interface WebGpuDevice extends Disposable {
  /** What is known of the adapter. */
  adapter: AdapterSummary;
  /** The device itself. */
  device: GPUDevice;
  /** Records our own kernels among tfjs's. */
  queue: GpuQueue;
  /** The first error that the GPU reported outside any error scope, or null. */
  failure(): Error | null;
}

/** Limits whose portable defaults are too small for video models. */
const RAISED_LIMITS = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBuffersPerShaderStage",
] as const;

/** Features that kernels use where an adapter has them. */
const WANTED_FEATURES: readonly GPUFeatureName[] = ["shader-f16", "timestamp-query"];

/** Kernels recorded between two submits; larger batches hold freed buffers for longer. */
const SUBMIT_BATCH = 64;

/** What helps where memory runs out. */
const SMALLER =
  "Smaller batches, more of them accumulated, or blocks that are recomputed take less memory.";

function summarise(adapter: GPUAdapter): AdapterSummary {
  const { info, limits } = adapter;
  const name = info.description || `${info.vendor} ${info.architecture}`.trim() || "unnamed";
  const software = /llvmpipe|lavapipe|swiftshader|software|basic render/i.test(name) ||
    info.isFallbackAdapter === true;
  return {
    name,
    software,
    features: [...adapter.features].sort(),
    limits: Object.fromEntries(RAISED_LIMITS.map((limit) => [limit, limits[limit]])),
  };
}

async function requestAdapter(): Promise<GPUAdapter | null> {
  if (typeof navigator === "undefined" || !("gpu" in navigator) || !navigator.gpu) return null;
  return await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
}

/** The adapter that the `webgpu` backend would use, or null if there is none. */
export async function findAdapter(): Promise<AdapterSummary | null> {
  const adapter = await requestAdapter();
  return adapter && summarise(adapter);
}

/**
 * Makes a WebGPU device with raised limits and sets it as tfjs's backend.
 *
 * tfjs's own device has the portable limits and drops errors in silence; this one keeps the first
 * error for {@linkcode WebGpuDevice.failure}.
 *
 * @throws {Error} if there is no adapter
 */
export async function openWebGpuDevice(): Promise<WebGpuDevice> {
  const adapter = await requestAdapter();
  if (!adapter) {
    throw new Error(
      "Cannot open the webgpu backend: no GPU adapter was found. On Linux a Vulkan driver is " +
        "needed (Debian: apt-get install mesa-vulkan-drivers libvulkan1)",
    );
  }
  const summary = summarise(adapter);
  const device = await adapter.requestDevice({
    requiredFeatures: WANTED_FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits: summary.limits,
  });
  let failure: Error | null = null;
  device.addEventListener("uncapturederror", (event) => {
    const { error } = event as GPUUncapturedErrorEvent;
    failure ??= error instanceof GPUOutOfMemoryError
      ? new Error(`The GPU ran out of memory: ${error.message}. ${SMALLER}`)
      : new Error(`The GPU reported an error: ${error.message}`);
  });
  device.lost.then(({ reason, message }) => {
    if (reason === "destroyed") return;
    failure ??= new Error(
      `The GPU was lost (${reason}): ${message}. A driver that was reset, another program or too little ` +
        `memory may be the cause. A run goes on from its last checkpoint when it is started again. ${SMALLER}`,
    );
  });
  removeBackend(); // drops the stock factory and keeps the kernels
  tf.registerBackend("webgpu", () => new WebGPUBackend(device, adapter.info), 3);
  tf.env().set("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE", SUBMIT_BATCH);
  await tf.setBackend("webgpu");
  await tf.ready();
  const queue = new GpuQueue(tf.backend() as WebGPUBackend);
  const dispose = () => {
    removeBackend();
    device.destroy();
  };
  return { adapter: summary, device, queue, failure: () => failure, [Symbol.dispose]: dispose };
}

function removeBackend(): void {
  if (tf.findBackendFactory("webgpu")) tf.removeBackend("webgpu");
}
