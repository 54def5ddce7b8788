import * as tf from "@tensorflow/tfjs-core";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { GpuQueue } from "../webgpu/gpu_queue.ts";
import { MATRIX_FEATURES } from "../webgpu/matrix/matrix_unit.ts";

/** Facts about a GPU adapter. */
export interface AdapterSummary {
  /** The adapter's description, or its vendor and architecture. */
  name: string;
  /** Whether it is a software renderer (llvmpipe, SwiftShader, …). */
  software: boolean;
  /** Names of its optional features. */
  features: string[];
  /** The limits that are raised to the adapter's. */
  limits: Record<string, number>;
}

/** Our own WebGPU device for the tfjs backend; disposing of it removes both. */
export interface WebGpuDevice extends Disposable {
  /** Facts about the adapter. */
  adapter: AdapterSummary;
  /** The device. */
  device: GPUDevice;
  /** Queue for our own kernels among tfjs's. */
  queue: GpuQueue;
  /** The first uncaptured error of the GPU, or null. */
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

/** Features that kernels use if available; WebGPU's types lack those for matrix units. */
const WANTED_FEATURES = [
  ...MATRIX_FEATURES,
  "timestamp-query",
] as const as readonly GPUFeatureName[];

/** Kernels recorded between submits; larger batches hold freed buffers longer. */
const SUBMIT_BATCH = 64;

/** Advice on running out of memory. */
const SMALLER = "Use a smaller batch, more gradient accumulation or activation checkpointing.";

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

/** The adapter for the `webgpu` backend, or null if there is none. */
export async function findAdapter(): Promise<AdapterSummary | null> {
  const adapter = await requestAdapter();
  return adapter && summarise(adapter);
}

/**
 * Makes a WebGPU device with raised limits and sets it as tfjs's backend.
 *
 * tfjs's own device has the default limits and silently drops errors; this one keeps the first error for
 * {@linkcode WebGpuDevice.failure}.
 *
 * @throws {Error} if there is no adapter
 */
export async function openWebGpuDevice(): Promise<WebGpuDevice> {
  const adapter = await requestAdapter();
  if (!adapter) {
    throw new Error(
      "Cannot run on webgpu: no GPU adapter was found. On Linux a Vulkan driver is " +
        "needed (Debian: apt-get install mesa-vulkan-drivers libvulkan1).",
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
      `The GPU was lost (${reason}): ${message}. A driver reset, another program or too little ` +
        `memory may be the cause. Start the run again to resume from its last checkpoint. ${SMALLER}`,
    );
  });
  removeBackend(); // removes the stock factory and keeps the kernels
  tf.registerBackend("webgpu", () => new WebGPUBackend(device, adapter.info), 3);
  tf.env().set("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE", SUBMIT_BATCH);
  await tf.setBackend("webgpu");
  await tf.ready();
  const queue = new GpuQueue(tf.backend() as WebGPUBackend, adapter.info);
  const dispose = () => {
    removeBackend();
    device.destroy();
  };
  return { adapter: summary, device, queue, failure: () => failure, [Symbol.dispose]: dispose };
}

function removeBackend(): void {
  if (tf.findBackendFactory("webgpu")) tf.removeBackend("webgpu");
}
