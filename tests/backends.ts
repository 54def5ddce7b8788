import * as tf from "@tensorflow/tfjs-core";
import { type AdapterSummary, type Device, findAdapter, openDevice } from "@videoms/core";
import { openWebGpuDevice, type WebGpuDevice } from "../core/device/webgpu_device.ts";
import { poisonWorkgroupMemory } from "./poison_workgroup_memory.ts";

type Backend = Device["backend"];

/** Whether a missing GPU adapter fails the WebGPU tests instead of skipping them. */
const REQUIRE_WEBGPU = ["1", "true"].includes(
  Deno.env.get("VIDEOMS_REQUIRE_WEBGPU") ?? Deno.env.get("CI") ?? "",
);

/** The WebGPU of this process's tests; those in tests/dawn name Dawn before anything else is loaded. */
export const TEST_GPU = Deno.env.get("VIDEOMS_TEST_GPU") === "dawn" ? "dawn" : "deno";

/** Kernels are tested with clamped indices, so that a faulty one loses no device. */
const GPU_OPTIONS = { gpu: TEST_GPU, checks: true } as const;

/** What names of tests say of where they run. */
export const GPU_LABEL = TEST_GPU === "dawn" ? "dawn" : "webgpu";

const adapter = await findTestAdapter();

/** The adapter, or null; where Dawn is not installed, there is none. */
async function findTestAdapter(): Promise<AdapterSummary | null> {
  return await findAdapter(GPU_OPTIONS).catch((error) => {
    if (TEST_GPU === "dawn" && !REQUIRE_WEBGPU) return null;
    throw error;
  });
}

/** On Dawn, no shader may count on cleared workgroup memory. */
function prepared<T extends { queue: { device: GPUDevice } | null }>(opened: T): T {
  if (TEST_GPU === "dawn" && opened.queue) poisonWorkgroupMemory(opened.queue.device);
  return opened;
}

/** Opens a WebGPU device of its own for the tests of a file. */
export async function openTestGpu(): Promise<WebGpuDevice> {
  return prepared(await openWebGpuDevice(GPU_OPTIONS));
}

/** Whether tests on a backend are skipped on this machine. */
export function isSkipped(backend: Backend): boolean {
  return backend === "webgpu" && adapter === null && !REQUIRE_WEBGPU;
}

let testGpu: Promise<WebGpuDevice> | undefined;

/**
 * Registers a test on a WebGPU device that stays open for the tests of a file; it is skipped as those of
 * {@linkcode testOnBackends} are, and must leave as many live tensors as it found.
 */
export function testOnGpu(
  name: string,
  test: (device: WebGpuDevice) => Promise<void>,
  { ignore = isSkipped("webgpu"), open = () => testGpu ??= openTestGpu() } = {},
): void {
  Deno.test({
    name,
    ignore,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const device = await open();
      const before = tf.memory().numTensors;
      await test(device);
      const failure = device.failure();
      if (failure) throw failure;
      const left = tf.memory().numTensors - before;
      if (left !== 0) throw new Error(`${left} tensors were left undisposed`);
    },
  });
}

const devices = new Map<string, Promise<Device>>();

/** Opens a backend once for all tests of a file, and makes it current. */
async function useBackend(backend: Backend): Promise<Device> {
  if (!devices.has(backend)) {
    devices.set(backend, openDevice({ backend, ...GPU_OPTIONS }).then(prepared));
  }
  const device = await devices.get(backend)!;
  await tf.setBackend(backend);
  return device;
}

/** Whether tests in half precision are skipped on this machine. */
export const isHalfSkipped = !adapter?.features.includes("shader-f16") && !REQUIRE_WEBGPU;

/**
 * Registers a test on a GPU that stores half precision within blocks; it is skipped as those of
 * {@linkcode testOnBackends} are, and must leave as many live tensors as it found. Each has a device of
 * its own, and so a loss scale of its own; a file has no tests of {@linkcode testOnBackends} beside them.
 */
export function testInHalf(name: string, test: (device: Device) => Promise<void> | void): void {
  Deno.test({
    name: `${name} [${GPU_LABEL}, half precision]`,
    ignore: isHalfSkipped,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      await using device = prepared(
        await openDevice({ backend: "webgpu", precision: "f16", ...GPU_OPTIONS }),
      );
      const before = tf.memory().numTensors;
      await test(device);
      device.check();
      const left = tf.memory().numTensors - before;
      if (left !== 0) throw new Error(`${left} tensors were left undisposed`);
    },
  });
}

/**
 * Registers a test on every backend that is there; on WebGPU it is skipped, by name, where there is
 * no adapter, unless the environment says that there must be one (VIDEOMS_REQUIRE_WEBGPU or CI). The
 * test must leave as many live tensors as it found.
 */
export function testOnBackends(
  name: string,
  test: (device: Device) => Promise<void> | void,
  backends: readonly Backend[] = ["cpu", "wasm", "webgpu"],
): void {
  for (const backend of backends) {
    if (TEST_GPU === "dawn" && backend !== "webgpu") continue; // tested with Deno's own WebGPU
    Deno.test({
      name: `${name} [${backend === "webgpu" ? GPU_LABEL : backend}]`,
      ignore: isSkipped(backend),
      // Devices stay open from test to test.
      sanitizeOps: false,
      sanitizeResources: false,
      fn: async () => {
        const device = await useBackend(backend);
        const before = tf.memory().numTensors;
        await test(device);
        device.check();
        const left = tf.memory().numTensors - before;
        if (left !== 0) throw new Error(`${left} tensors were left undisposed`);
      },
    });
  }
}

/** Values of a tensor on the host; disposes of it. */
export async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  const values = await tensor.data() as Float32Array;
  tensor.dispose();
  return values;
}
