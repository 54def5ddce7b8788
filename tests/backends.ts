import * as tf from "@tensorflow/tfjs-core";
import { type Device, findAdapter, openDevice } from "@videoms/core";

type Backend = Device["backend"];

/** Whether a missing GPU adapter fails the WebGPU tests instead of skipping them. */
const REQUIRE_WEBGPU = ["1", "true"].includes(
  Deno.env.get("VIDEOMS_REQUIRE_WEBGPU") ?? Deno.env.get("CI") ?? "",
);

const adapter = await findAdapter();

/** Whether tests on a backend are skipped on this machine. */
export function isSkipped(backend: Backend): boolean {
  return backend === "webgpu" && adapter === null && !REQUIRE_WEBGPU;
}

const devices = new Map<string, Promise<Device>>();

/** Opens a backend once for all tests of a file, and makes it current. */
async function useBackend(backend: Backend): Promise<Device> {
  if (!devices.has(backend)) devices.set(backend, openDevice({ backend }));
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
    name: `${name} [webgpu, half precision]`,
    ignore: isHalfSkipped,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      await using device = await openDevice({ backend: "webgpu", precision: "f16" });
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
    Deno.test({
      name: `${name} [${backend}]`,
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
