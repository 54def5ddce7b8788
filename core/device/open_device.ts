import "@tensorflow/tfjs"; // registers gradients and the cpu backend
import * as tf from "@tensorflow/tfjs-core";
import { closeWasmEngines, openWasmEngine } from "../cpu/wasm_engine.ts";
import { useKernels } from "../ops/active_kernels.ts";
import type { AdamWMaker } from "../optimizer/adamw_kernel.ts";
import { heapAdamW } from "../cpu/heap_adamw.ts";
import { tensorAdamW } from "../optimizer/tensor_adamw.ts";
import { nearest } from "../text/nearest.ts";
import { gpuAdamW } from "../webgpu/gpu_adamw.ts";
import { LossScale } from "../webgpu/loss_scale.ts";
import type { GpuQueue } from "../webgpu/gpu_queue.ts";
import { webgpuKernels } from "../webgpu/webgpu_kernels.ts";
import { type AdapterSummary, findAdapter, openWebGpuDevice } from "./webgpu_device.ts";

/** Backends that a run can be asked for. */
export const BACKENDS = ["auto", "webgpu", "wasm", "cpu"] as const;

/** A backend that a run can be asked for. */
export type BackendChoice = typeof BACKENDS[number];

/** What values within transformer blocks can be stored in. */
export const PRECISIONS = ["f32", "f16"] as const;

/** What values within transformer blocks are stored in. */
export type Precision = typeof PRECISIONS[number];

/**
 * The device that work computes on, for whoever opened it to close: disposing of the last that is open of a backend
 * frees its memory, and the device that was opened before becomes tfjs's current one again.
 */
export interface Device extends AdamWMaker, AsyncDisposable {
  /** The tfjs backend that computes. */
  readonly backend: Exclude<BackendChoice, "auto">;
  /** One line for people: the backend and what it computes with. */
  readonly description: string;
  /** What values within transformer blocks are stored in; all else is float32. */
  readonly precision: Precision;
  /** The GPU, or null on a CPU backend. */
  readonly adapter: AdapterSummary | null;
  /** The BLAS library of the CPU engine, or null where nothing uses one. */
  readonly blas: string | null;
  /** What records kernels on the GPU, or null on a CPU backend. */
  readonly queue: GpuQueue | null;
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
  /**
   * `f16` stores what stays within transformer blocks in half precision, on a GPU that can: half the memory
   * and half the traffic for it. Sums, weights, the residual stream and the optimiser stay float32, and
   * gradients carry a dynamic loss scale (Micikevicius et al.: arXiv 1710.03740). @default "f32"
   */
  precision?: Precision;
}

/** Fails unless a GPU can store half precision. */
function checkHalf(adapter: AdapterSummary): void {
  if (adapter.features.includes("shader-f16")) return;
  throw new Error(
    `Cannot compute in half precision: the GPU must have the feature shader-f16, got ${adapter.name} ` +
      "without it; use f32",
  );
}

/** A device without its owners. */
type Opened = Omit<Device, keyof AsyncDisposable> & { close(): void | Promise<void> };

async function openWebGpu({ precision = "f32" }: DeviceOptions): Promise<Opened> {
  const isHalf = precision === "f16";
  const found = isHalf && await findAdapter();
  if (found) checkHalf(found);
  const gpu = await openWebGpuDevice();
  const { adapter, queue, failure } = gpu;
  const lossScale = isHalf ? new LossScale(queue.memory) : null;
  useKernels("webgpu", webgpuKernels(queue, lossScale));
  return {
    backend: "webgpu",
    description: `webgpu: ${adapter.name}${adapter.software ? " (software)" : ""}${
      isHalf ? ", half precision within blocks" : ""
    }`,
    precision,
    adapter,
    blas: null,
    queue,
    adamw: (subject) => gpuAdamW(queue, subject, { lossScale }),
    settle: async () => {
      queue.flush();
      await queue.device.queue.onSubmittedWorkDone();
    },
    check: () => {
      const error = failure();
      if (error) throw error;
    },
    close: async () => {
      if (!failure()) await queue.device.queue.onSubmittedWorkDone();
      useKernels("webgpu", null);
      gpu[Symbol.dispose]();
    },
  };
}

async function openWasm({ wasmPaths, blas, threads }: DeviceOptions): Promise<Opened> {
  const engine = await openWasmEngine({ wasmPaths, blas, threads });
  useKernels("wasm", engine.kernels);
  const library = engine.blas?.name ?? null;
  const count = engine.threads === 1 ? "1 thread" : `${engine.threads} threads`;
  return {
    backend: "wasm",
    description: `wasm: CPU engine with ${library ?? "plain SIMD, no BLAS library"}, ${count}`,
    precision: "f32",
    adapter: null,
    blas: library,
    queue: null,
    adamw: (subject) => heapAdamW(engine, subject),
    settle: () => Promise.resolve(),
    check: () => {},
    close: async () => {
      useKernels("wasm", null);
      await closeWasmEngines();
    },
  };
}

async function openCpu(): Promise<Opened> {
  await makeCurrent("cpu");
  return {
    backend: "cpu",
    description: "cpu: plain tfjs (slow; the oracle in tests)",
    precision: "f32",
    adapter: null,
    blas: null,
    queue: null,
    adamw: tensorAdamW,
    settle: () => Promise.resolve(),
    check: () => {},
    close: () => {},
  };
}

async function makeCurrent(backend: Device["backend"]): Promise<void> {
  if (backend === "cpu") tf.env().set("IS_NODE", false); // else it advertises tfjs-node
  await tf.setBackend(backend);
  await tf.ready();
}

/** A backend that is open, with its options and how many devices there are of it. */
interface OpenBackend {
  readonly options: string;
  readonly opened: Promise<Opened>;
  owners: number;
}

/** The open backends, in the order in which they were opened. */
const openBackends = new Map<Device["backend"], OpenBackend>();

async function release(backend: Device["backend"]): Promise<void> {
  const entry = openBackends.get(backend)!;
  if (--entry.owners > 0) return;
  openBackends.delete(backend);
  const wasCurrent = tf.getBackend() === backend;
  await (await entry.opened).close();
  if (wasCurrent) await makeCurrent([...openBackends.keys()].at(-1) ?? "cpu");
}

const OPENERS = { webgpu: openWebGpu, wasm: openWasm, cpu: openCpu } as const;

/** Opens a backend, or shares it with those who have opened it with the same options. */
async function share(backend: Device["backend"], options: DeviceOptions): Promise<Device> {
  const { precision = "f32", blas = "auto", threads = "all" } = options;
  const asked = `precision ${precision}, BLAS ${blas}, threads ${threads}`;
  const entry = openBackends.get(backend) ??
    { options: asked, opened: OPENERS[backend](options), owners: 0 };
  if (entry.options !== asked) {
    throw new Error(
      `Cannot open ${backend}: a process has it once, and it is open with ${entry.options}, got ${asked}; ` +
        "close that device first",
    );
  }
  openBackends.set(backend, entry);
  entry.owners++;
  try {
    const { close: _, ...device } = await entry.opened;
    await makeCurrent(backend);
    let isOpen = true;
    return {
      ...device,
      async [Symbol.asyncDispose]() {
        if (!isOpen) return;
        isOpen = false;
        await release(backend);
      },
    };
  } catch (error) {
    if (--entry.owners === 0) openBackends.delete(backend);
    throw error;
  }
}

/** A real GPU, else the CPU engine. */
async function chooseBackend(): Promise<"webgpu" | "wasm"> {
  const adapter = await findAdapter();
  return adapter && !adapter.software ? "webgpu" : "wasm";
}

/**
 * Opens a device and makes it tfjs's current backend. Of each backend a process has one: opened again with the
 * same options it is shared, until the last who opened it has closed it.
 *
 * @throws {Error} if the backend is open with other options
 * @throws {RangeError} for a backend or a precision that does not exist, and for half precision on a CPU
 * @throws {Error} for `webgpu` on a machine without an adapter, and for half precision on a GPU without it
 * @example
 * ```ts
 * import { openDevice } from "@videoms/core";
 *
 * await using device = await openDevice({ backend: "cpu" });
 * console.assert(device.backend === "cpu");
 * ```
 */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const { backend = "auto", precision = "f32" } = options;
  if (!BACKENDS.includes(backend)) {
    throw new RangeError(`Cannot open backend "${backend}": ${nearest(backend, BACKENDS)}`);
  }
  if (!PRECISIONS.includes(precision)) {
    throw new RangeError(`Cannot compute in "${precision}": ${nearest(precision, PRECISIONS)}`);
  }
  const chosen = backend === "auto" ? await chooseBackend() : backend;
  if (precision === "f16" && chosen !== "webgpu") {
    const why = backend === "auto" ? `"auto" found no GPU and took ${chosen}` : `got ${chosen}`;
    throw new RangeError(`Cannot compute in half precision: the backend must be webgpu, ${why}`);
  }
  return await share(chosen, options);
}
