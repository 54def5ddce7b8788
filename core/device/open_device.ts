import "@tensorflow/tfjs-backend-cpu"; // registers the backend
import * as tf from "@tensorflow/tfjs-core";
import { closeWasmEngines, openWasmEngine } from "../cpu/wasm_engine.ts";
import { useKernels } from "../ops/active_kernels.ts";
import { heapAdamW } from "../cpu/heap_adamw.ts";
import { tensorAdamW } from "../optimizer/tensor_optimizer.ts";
import { nearest } from "../text/nearest.ts";
import { gpuAdamW } from "../webgpu/gpu_adamw.ts";
import { LossScale } from "../webgpu/loss_scale.ts";
import { webgpuKernels } from "../webgpu/webgpu_kernels.ts";
import { type AdapterSummary, GPUS } from "../webgpu/adapter_summary.ts";
import { BACKENDS, type Device, type DeviceOptions, PRECISIONS } from "./device.ts";
import { findAdapter } from "./find_adapter.ts";
import { openWebGpuDevice } from "./webgpu_device.ts";

/** Checks that a GPU supports half precision. */
function checkHalf(adapter: AdapterSummary): void {
  if (adapter.features.includes("shader-f16")) return;
  throw new Error(
    `Cannot run in half precision: the GPU must have the feature shader-f16, got ${adapter.name} ` +
      "without it; use f32",
  );
}

/** A device without its owners. */
type Opened = Omit<Device, keyof AsyncDisposable> & { close(): void | Promise<void> };

/** The WebGPU device and what distinguishes it, on one line. */
function describeGpu({ name, gpu, software }: AdapterSummary, isHalf: boolean): string {
  const by = gpu === "dawn" ? " by Dawn" : "";
  const half = isHalf ? ", half precision within blocks" : "";
  return `webgpu: ${name}${by}${software ? " (software)" : ""}${half}`;
}

async function openWebGpu(options: DeviceOptions): Promise<Opened> {
  const { precision = "f32" } = options;
  const isHalf = precision === "f16";
  const found = isHalf && await findAdapter(options);
  if (found) checkHalf(found);
  const webgpu = await openWebGpuDevice(options);
  const { adapter, queue, failure } = webgpu;
  const lossScale = isHalf ? new LossScale(queue.memory) : null;
  useKernels("webgpu", webgpuKernels(queue, lossScale));
  return {
    backend: "webgpu",
    description: describeGpu(adapter, isHalf),
    precision,
    adapter,
    blas: null,
    threads: 1,
    queue,
    view: null,
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
      webgpu[Symbol.dispose]();
    },
  };
}

async function openWasm(
  { wasmPaths, blas, threads, threadModule }: DeviceOptions,
): Promise<Opened> {
  const engine = await openWasmEngine({ wasmPaths, blas, threads, threadModule });
  useKernels("wasm", engine.kernels);
  const library = engine.blas?.name ?? null;
  const count = engine.threads === 1 ? "1 thread" : `${engine.threads} threads`;
  return {
    backend: "wasm",
    description: `wasm: CPU engine with ${library ?? "SIMD kernels, no BLAS library"}, ${count}`,
    precision: "f32",
    adapter: null,
    blas: library,
    threads: engine.threads,
    queue: null,
    adamw: (subject) => heapAdamW(engine, subject),
    view: engine.view,
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
    description: "cpu: stock tfjs (slow; the reference in tests)",
    precision: "f32",
    adapter: null,
    blas: null,
    threads: 1,
    queue: null,
    view: null,
    adamw: tensorAdamW,
    settle: () => Promise.resolve(),
    check: () => {},
    close: () => {},
  };
}

async function makeCurrent(backend: Device["backend"]): Promise<void> {
  if (backend === "cpu") tf.env().set("IS_NODE", false); // otherwise tfjs advertises tfjs-node
  await tf.setBackend(backend);
  await tf.ready();
}

/** An open backend with its options and number of devices. */
interface OpenBackend {
  readonly options: string;
  readonly opened: Opened;
  owners: number;
}

/** The open backends, in the order in which they were opened. */
const openBackends = new Map<Device["backend"], OpenBackend>();

let turn: Promise<unknown> = Promise.resolve();

/** Does one thing after the other: a backend is not opened while it is being closed. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = turn.then(work);
  turn = done.catch(() => {});
  return done;
}

async function release(backend: Device["backend"]): Promise<void> {
  const entry = openBackends.get(backend)!;
  if (--entry.owners > 0) return;
  openBackends.delete(backend);
  const wasCurrent = tf.getBackend() === backend;
  await entry.opened.close();
  if (wasCurrent) await makeCurrent([...openBackends.keys()].at(-1) ?? "cpu");
}

const OPENERS = { webgpu: openWebGpu, wasm: openWasm, cpu: openCpu } as const;

/** The options of a backend's devices in words; those of a GPU where they are not the usual ones. */
function describeOptions(backend: Device["backend"], options: DeviceOptions): string {
  const { precision = "f32", blas = "auto", threads = "all" } = options;
  if (backend !== "webgpu") return `precision ${precision}, BLAS ${blas}, threads ${threads}`;
  const { gpu, adapter, turn = 0, checks, matrixUnits = true } = options;
  const parts = [`precision ${precision}`];
  if (gpu === "dawn") parts.push("WebGPU by Dawn");
  if (adapter !== undefined) parts.push(`adapter ${adapter}`);
  else if (turn > 0) parts.push(`GPU of turn ${turn}`);
  if (checks) parts.push("checks");
  if (!matrixUnits) parts.push("no matrix units");
  return parts.join(", ");
}

/**
 * Registers the gradients of tfjs's own operations, which only its union package has. That package takes longer to
 * load than all else of this one, so processes and threads that open no device go without it.
 */
async function registerGradients(): Promise<void> {
  await import("@tensorflow/tfjs");
}

/** Opens a backend, or shares an open one with the same options. */
async function share(backend: Device["backend"], options: DeviceOptions): Promise<Device> {
  const asked = describeOptions(backend, options);
  const entry = openBackends.get(backend) ??
    { options: asked, opened: await OPENERS[backend](options), owners: 0 };
  if (entry.options !== asked) {
    throw new Error(
      `Cannot run on ${backend}: it must be opened with the options of the open device, ` +
        `${entry.options}, got ${asked}; close that device first`,
    );
  }
  openBackends.set(backend, entry);
  entry.owners++;
  await makeCurrent(backend);
  const { close: _, ...device } = entry.opened;
  let isOpen = true;
  return {
    ...device,
    async [Symbol.asyncDispose]() {
      if (!isOpen) return;
      isOpen = false;
      await inTurn(() => release(backend));
    },
  };
}

/** A hardware GPU, else the CPU engine. */
async function chooseBackend(options: DeviceOptions): Promise<"webgpu" | "wasm"> {
  const adapter = await findAdapter(options);
  return adapter && !adapter.software ? "webgpu" : "wasm";
}

/**
 * Opens a device and makes it tfjs's current backend. A process has one device per backend, which is shared
 * if opened again with the same options, until all owners have closed it.
 *
 * @throws {Error} if the backend is open with other options
 * @throws {RangeError} for an unknown backend, WebGPU or precision, for half precision on a CPU, and for an
 * adapter that fits none or several
 * @throws {Error} for `webgpu` without an adapter, for half precision on a GPU without support, and for
 * Dawn where it cannot be loaded
 * @example
 * ```ts
 * import { openDevice } from "@videoms/core";
 *
 * await using device = await openDevice({ backend: "cpu" });
 * console.assert(device.backend === "cpu");
 * ```
 */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const { backend = "auto", precision = "f32", gpu = "deno" } = options;
  if (!GPUS.includes(gpu)) {
    throw new RangeError(`Cannot run on the WebGPU "${gpu}": ${nearest(gpu, GPUS)}`);
  }
  if (!BACKENDS.includes(backend)) {
    throw new RangeError(`Cannot run on backend "${backend}": ${nearest(backend, BACKENDS)}`);
  }
  if (!PRECISIONS.includes(precision)) {
    throw new RangeError(
      `Cannot run in precision "${precision}": ${nearest(precision, PRECISIONS)}`,
    );
  }
  const chosen = backend === "auto" ? await chooseBackend(options) : backend;
  if (precision === "f16" && chosen !== "webgpu") {
    const why = backend === "auto" ? `"auto" found no GPU and chose ${chosen}` : `got ${chosen}`;
    throw new RangeError(`Cannot run in half precision: the backend must be webgpu, ${why}`);
  }
  await registerGradients();
  return await inTurn(() => share(chosen, options));
}
