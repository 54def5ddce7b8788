import * as tf from "@tensorflow/tfjs-core";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { AdapterSummary } from "../webgpu/adapter_summary.ts";
import { GpuQueue } from "../webgpu/gpu_queue.ts";
import { MATRIX_FEATURES } from "../webgpu/matrix/matrix_unit.ts";
import { type AdapterOptions, requestAdapter } from "./find_adapter.ts";
import { guardProducts } from "./guard_products.ts";

/** Options of {@linkcode openWebGpuDevice}. */
export interface WebGpuOptions extends AdapterOptions {
  /** Whether kernels may use matrix units. @default true */
  matrixUnits?: boolean;
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

/** Features that kernels use if available; some are not in the standard yet. */
const WANTED_FEATURES = [
  ...MATRIX_FEATURES,
  "subgroup-size-control",
  "timestamp-query",
] as readonly string[] as readonly GPUFeatureName[];

/** Kernels recorded between submits; larger batches hold freed buffers longer. */
const SUBMIT_BATCH = 64;

/** How to tell a faulty kernel from a faulty driver. */
const CHECK_AGAIN =
  " Kernels ran without clamping indices; VIDEOMS_GPU_CHECKS=1, or `checks: true` " +
  "of openDevice, clamps them.";

const NO_ADAPTER = "no GPU adapter was found";

/** Advice on running out of memory. */
const SMALLER = "Use a smaller batch, more gradient accumulation or activation checkpointing.";

/** Whether a device of this process was lost without checks; the next one then has them. */
let wasLostUnchecked = false;

/** What a reported error means, in words. */
function errorOf({ constructor, message }: GPUError): Error {
  // By name, since Dawn has classes of its own.
  return constructor.name === "GPUOutOfMemoryError"
    ? new Error(`The GPU ran out of memory: ${message.split("\n")[0]}. ${SMALLER}`)
    : new Error(`The GPU reported an error: ${message.trim()}`);
}

/** What a loss means, in words. */
function lossOf({ reason, message }: GPUDeviceLostInfo, isUnchecked: boolean): Error {
  return new Error(
    `The GPU was lost (${reason}): ${message}. A driver reset, another program or too little ` +
      `memory may be the cause. Start the run again to resume from its last checkpoint. ${SMALLER}` +
      (isUnchecked ? CHECK_AGAIN : ""),
  );
}

/** Keeps the first error of a device, until that is disposed of. */
function watchFailure(device: GPUDevice, isUnchecked: boolean) {
  let failure: Error | null = null;
  let isDisposed = false;
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault(); // Dawn also writes to standard output otherwise
    failure ??= errorOf((event as GPUUncapturedErrorEvent).error);
  });
  device.lost.then((info) => {
    if (isDisposed) return;
    failure ??= lossOf(info, isUnchecked);
    if (isUnchecked) wasLostUnchecked = true;
  });
  return { failure: () => failure, end: () => isDisposed = true };
}

/**
 * Makes a WebGPU device with raised limits and sets it as tfjs's backend.
 *
 * tfjs's own device has the default limits and silently drops errors; this one keeps the first error for
 * {@linkcode WebGpuDevice.failure}. After a loss on Dawn without checks, the next device has them.
 *
 * @throws {Error} if there is no adapter
 * @throws {RangeError} if `adapter` fits none or several
 * @throws {Error} if Dawn is asked for and cannot be loaded
 */
export async function openWebGpuDevice(options: WebGpuOptions = {}): Promise<WebGpuDevice> {
  const { gpu = "deno", checks = wasLostUnchecked, matrixUnits = true } = options;
  const found = await requestAdapter({ ...options, checks });
  if (!found) {
    throw new Error(
      `Cannot run on webgpu: ${gpu === "dawn" ? "Dawn found no GPU adapter" : NO_ADAPTER}. On ` +
        "Linux a Vulkan driver is needed (Debian: apt-get install mesa-vulkan-drivers libvulkan1)" +
        (gpu === "dawn" ? "; Dawn takes no software driver of Mesa 22 or older." : "."),
    );
  }
  const { adapter, summary } = found;
  const device = await adapter.requestDevice({
    requiredFeatures: WANTED_FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits: summary.limits,
  });
  if (gpu === "dawn") guardProducts(device);
  const { failure, end } = watchFailure(device, gpu === "dawn" && !checks);
  const stock = await import("@tensorflow/tfjs-backend-webgpu"); // registers the kernels, and a factory
  removeBackend(); // removes the factory and keeps the kernels
  tf.registerBackend("webgpu", () => new stock.WebGPUBackend(device, adapter.info), 3);
  tf.env().set("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE", SUBMIT_BATCH);
  await tf.setBackend("webgpu");
  await tf.ready();
  const queue = new GpuQueue(tf.backend() as WebGPUBackend, summary, failure, matrixUnits);
  const dispose = () => {
    end();
    removeBackend();
    device.destroy();
  };
  return { adapter: summary, device, queue, failure, [Symbol.dispose]: dispose };
}

function removeBackend(): void {
  if (tf.findBackendFactory("webgpu")) tf.removeBackend("webgpu");
}
