import "@tensorflow/tfjs"; // registers gradients and the cpu backend
import * as tf from "@tensorflow/tfjs-core";
import { openWasmEngine } from "../cpu/wasm_engine.ts";
import { useKernels } from "../ops/active_kernels.ts";
import type { AdamWKernel, AdamWSubject } from "../optimizer/adamw_kernel.ts";
import { heapAdamW } from "../optimizer/heap_adamw.ts";
import { tensorAdamW } from "../optimizer/tensor_adamw.ts";
import { nearest } from "../text/nearest.ts";
import { gpuAdamW } from "../webgpu/gpu_adamw.ts";
import type { GpuQueue } from "../webgpu/gpu_queue.ts";
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
  /** The BLAS library of the CPU engine, or null where nothing uses one. */
  readonly blas: string | null;
  /** What records kernels on the GPU, or null on a CPU backend. */
  readonly queue: GpuQueue | null;
  /** AdamW as this device does it; {@linkcode AdamW} has it made. */
  adamw(subject: AdamWSubject): AdamWKernel;
  /**
   * Waits until the device has done all work; on a CPU it has already. Without a wait now and then, a
   * program that reads nothing back runs ahead of a GPU.
   */
  settle(): Promise<void>;
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
  /** Threads of the CPU engine. @default one for each core */
  threads?: number;
}

async function openWebGpu(): Promise<Device> {
  const { adapter, queue, failure } = await openWebGpuDevice();
  useKernels("webgpu", webgpuKernels(queue));
  return {
    backend: "webgpu",
    description: `webgpu: ${adapter.name}${adapter.software ? " (software)" : ""}`,
    adapter,
    blas: null,
    queue,
    adamw: (subject) => gpuAdamW(queue, subject),
    settle: async () => {
      queue.flush();
      await queue.device.queue.onSubmittedWorkDone();
    },
    check: () => {
      const error = failure();
      if (error) throw error;
    },
  };
}

async function openWasm({ wasmPaths, blas, threads }: DeviceOptions): Promise<Device> {
  const engine = await openWasmEngine({ wasmPaths, blas, threads });
  useKernels("wasm", engine.kernels);
  const library = engine.blas?.name ?? null;
  const count = engine.threads === 1 ? "1 thread" : `${engine.threads} threads`;
  return {
    backend: "wasm",
    description: `wasm: CPU engine with ${library ?? "plain SIMD, no BLAS library"}, ${count}`,
    adapter: null,
    blas: library,
    queue: null,
    adamw: (subject) => heapAdamW(engine, subject),
    settle: () => Promise.resolve(),
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
    blas: null,
    queue: null,
    adamw: tensorAdamW,
    settle: () => Promise.resolve(),
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
