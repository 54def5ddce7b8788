import "@tensorflow/tfjs"; // registers gradients and the cpu backend
import * as tf from "@tensorflow/tfjs-core";
import { openWasmEngine } from "../cpu/wasm_engine.ts";
import { useKernels } from "../ops/active_kernels.ts";
import { type AdamWKernel, tensorAdamW } from "../optimizer/adamw_kernel.ts";
import { heapAdamW } from "../optimizer/heap_adamw.ts";
import { nearest } from "../text/nearest.ts";
import { webgpuKernels } from "../webgpu/webgpu_kernels.ts";
import { type AdapterSummary, findAdapter, openWebGpuDevice } from "./webgpu_device.ts";

/** Backends that a run can be asked for. */
export const BACKENDS = ["auto", "webgpu", "wasm", "cpu"] as const;

/** A backend that a run can be asked for. */
export type BackendChoice = typeof BACKENDS[number];

/** The device that a run computes on. */
export interface Device {
  /** The tfjs backend that computes. */
  readonly backend: Exclude<BackendChoice, "auto">;
  /** One line for people: the backend and what it computes with. */
  readonly description: string;
  /** The GPU, or null on a CPU backend. */
  readonly adapter: AdapterSummary | null;
  /** AdamW as this device does it. */
  // deno-lint-ignore no-explicit-any -- each backend keeps moments in its own form
  readonly adamw: AdamWKernel<any>;
  /** Sum of the squares of a tensor's values. */
  sumOfSquares(x: tf.Tensor): Promise<number>;
  /**
   * Throws the error that the GPU reported, if it did.
   *
   * @throws {Error} the GPU's message
   */
  check(): void;
}

/** How a device is opened. */
export interface DeviceOptions {
  /** `auto` takes a real GPU, else the CPU engine. @default "auto" */
  backend?: BackendChoice;
  /** Folder or URL of tfjs's wasm files, for browsers; found by itself elsewhere. */
  wasmPaths?: string;
  /** `none` keeps the CPU engine from loading a BLAS library. @default "auto" */
  blas?: "auto" | "none";
}

async function sumOfSquares(x: tf.Tensor): Promise<number> {
  const total = tf.tidy(() => tf.sum(tf.square(x)));
  try {
    return (await total.data())[0];
  } finally {
    total.dispose();
  }
}

async function openWebGpu(): Promise<Device> {
  const { adapter, queue, failure } = await openWebGpuDevice();
  useKernels("webgpu", webgpuKernels(queue));
  return {
    backend: "webgpu",
    description: `webgpu: ${adapter.name}${adapter.software ? " (software)" : ""}`,
    adapter,
    adamw: tensorAdamW,
    sumOfSquares,
    check: () => {
      const error = failure();
      if (error) throw error;
    },
  };
}

async function openWasm({ wasmPaths, blas }: DeviceOptions): Promise<Device> {
  const engine = await openWasmEngine({ wasmPaths, blas });
  useKernels("wasm", engine.kernels);
  const library = engine.blas
    ? `${engine.blas.name}, ${engine.blas.threads} threads`
    : "plain SIMD, no BLAS library";
  return {
    backend: "wasm",
    description: `wasm: CPU engine with ${library}`,
    adapter: null,
    adamw: heapAdamW(engine),
    sumOfSquares: (x) => Promise.resolve(engine.sumOfSquares(x)),
    check: () => {},
  };
}

async function openCpu(): Promise<Device> {
  tf.env().set("IS_NODE", false); // else its first use prints an advertisement for tfjs-node
  await tf.setBackend("cpu");
  await tf.ready();
  return {
    backend: "cpu",
    description: "cpu: plain tfjs (slow; the oracle in tests)",
    adapter: null,
    adamw: tensorAdamW,
    sumOfSquares,
    check: () => {},
  };
}

/**
 * Opens a device and makes it tfjs's current backend.
 *
 * @throws {RangeError} for a backend that does not exist
 * @throws {Error} for `webgpu` on a machine without an adapter
 * @example
 * ```ts
 * import { openDevice } from "@videoms/core";
 *
 * const device = await openDevice({ backend: "cpu" });
 * console.assert(device.backend === "cpu");
 * ```
 */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const { backend = "auto" } = options;
  switch (backend) {
    case "webgpu":
      return await openWebGpu();
    case "wasm":
      return await openWasm(options);
    case "cpu":
      return await openCpu();
    case "auto": {
      const adapter = await findAdapter();
      return adapter && !adapter.software ? await openWebGpu() : await openWasm(options);
    }
    default:
      throw new RangeError(`Cannot open backend "${backend}": ${nearest(backend, BACKENDS)}`);
  }
}
