import * as tf from "@tensorflow/tfjs-core";
import type { Kernels } from "../ops/kernels/kernels.ts";
import type { Moments } from "../optimizer/adamw_kernel.ts";
import type { AdamWStep } from "../optimizer/adamw_step.ts";
import { type BlasInfo, type BlasSearch, findBlas } from "./blas.ts";
import type { EngineContext } from "./engine_context.ts";
import { type Heap, openHeap } from "./heap.ts";
import { heapAdamWStep } from "./heap_adamw_step.ts";
import { openCore } from "./jobs/core.ts";
import { attentionKernels } from "./kernels/attention_kernels.ts";
import { denseKernels } from "./kernels/dense_kernels.ts";
import { normKernels } from "./kernels/norm_kernels.ts";
import { patchKernels } from "./kernels/patch_kernels.ts";
import { selectionKernels } from "./kernels/selection_kernels.ts";
import { tokenKernels } from "./kernels/token_kernels.ts";
import { MomentStore } from "./moment_store.ts";
import { loadSimdKernels } from "./simd/simd_kernels.ts";
import { replaceStockKernels } from "./stock_kernels.ts";
import { sumOfSquares } from "./sum_of_squares.ts";
import { ThreadPool } from "./threads/thread_pool.ts";
import { findWasmFiles } from "./wasm_files.ts";

export type { BlasInfo } from "./blas.ts";

/**
 * The CPU engine: tfjs's wasm backend with our own multi-threaded kernels on its heap. Results do not depend
 * on the number of threads: rows of products are split where BLAS tiles end, and long sums add slabs of fixed
 * size in order.
 */
export interface WasmEngine {
  /** The kernels. */
  readonly kernels: Kernels;
  /** The BLAS library, or null. */
  readonly blas: BlasInfo | null;
  /** Why no BLAS library is used, or null. */
  readonly blasProblem: string | null;
  /** Number of threads; 1 if threads cannot share the heap. */
  readonly threads: number;
  /** Size of the wasm heap in bytes; it never shrinks, and its limit is 4 GiB. */
  heapBytes(): number;
  /** Zero moments for a tensor of `size` values. */
  createMoments(size: number): Moments;
  /** Frees moments, which must not be used afterwards. */
  freeMoments(moments: Moments): void;
  /**
   * One AdamW step of a variable, in place; the moments come from {@linkcode WasmEngine.createMoments} or are
   * JavaScript arrays. Tensors that share the variable's values keep theirs.
   *
   * @throws {RangeError} if the gradient or the moments have another size
   */
  adamw(parameter: tf.Variable, gradient: tf.Tensor, moments: Moments, step: AdamWStep): void;
  /** Float32 values of a tensor on the heap, until the next operation. */
  view(x: tf.Tensor): Float32Array;
  /** Sum of the squares of a tensor's values, in float64. */
  sumOfSquares(x: tf.Tensor): number;
}

/** Options of {@linkcode openWasmEngine}. */
export interface WasmEngineOptions {
  /** Folder or URL of tfjs's wasm files, with a trailing "/". @default found beside the npm package */
  wasmPaths?: string;
  /** `none` keeps a BLAS library from being loaded. @default "auto" */
  blas?: "auto" | "none";
  /** Number of threads, including the main one. @default one per core */
  threads?: number;
  /** URL of the module of the threads, `@videoms/core/thread`. @default found beside this one */
  threadModule?: string;
}

/**
 * Makes `wasm` tfjs's backend and opens the CPU engine on it. If opened again with other options, tfjs's own
 * operations use the later engine; both share the heap.
 *
 * @throws {Error} if the backend does not start or was started elsewhere
 */
export async function openWasmEngine(options: WasmEngineOptions = {}): Promise<WasmEngine> {
  const {
    wasmPaths = findWasmFiles(),
    blas: wanted = "auto",
    threads = navigator.hardwareConcurrency,
    threadModule,
  } = options;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`Cannot load the CPU engine: threads must be at least 1, got ${threads}`);
  }
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm"); // registers the backend too
  if (wasmPaths) setWasmPaths(wasmPaths);
  const heap = await openHeap();
  const opened = engines.get(heap) ?? new Map<string, Promise<Opened>>();
  engines.set(heap, opened);
  const key = `${wanted} ${threads}`;
  if (!opened.has(key)) opened.set(key, open(heap, wanted, threads, threadModule));
  const { engine, context } = await opened.get(key)!;
  replaceStockKernels(context);
  return engine;
}

/** Priority with which tfjs registers the backend. */
const PRIORITY = 2;

/** An engine and its context. */
interface Opened {
  engine: WasmEngine;
  context: EngineContext;
}

/** The engines of a heap by options: each holds scratch memory and threads, so they are reused. */
const engines = new WeakMap<Heap, Map<string, Promise<Opened>>>();

/**
 * Ends the threads of all engines and removes the backend and its heap from tfjs; it can be opened again.
 * Tensors on the heap must not be used afterwards.
 */
export async function closeWasmEngines(): Promise<void> {
  const heap = await openHeap();
  const opened = engines.get(heap);
  engines.delete(heap);
  for (const one of opened?.values() ?? []) (await one).context.pool.close();
  const factory = tf.findBackendFactory("wasm");
  tf.removeBackend("wasm"); // the factory too
  tf.registerBackend("wasm", factory, PRIORITY);
}

async function open(
  heap: Heap,
  wanted: "auto" | "none",
  threads: number,
  threadModule?: string,
): Promise<Opened> {
  const { blas, problem }: BlasSearch = wanted === "auto"
    ? findBlas()
    : { blas: null, problem: 'turned off (blas: "none")' };
  const context = await openContext(heap, blas?.info.library ?? null, threads, threadModule);
  const store = new MomentStore(heap);
  const engine: WasmEngine = {
    kernels: {
      ...denseKernels(context),
      ...normKernels(context),
      ...attentionKernels(context),
      ...tokenKernels(context),
      ...patchKernels(context),
      ...selectionKernels(context),
    },
    blas: blas?.info ?? null,
    blasProblem: problem,
    threads: context.pool.threads,
    heapBytes: () => heap.bytes,
    createMoments: (size) => store.create(size),
    freeMoments: (moments) => store.free(moments),
    adamw: heapAdamWStep(context, store),
    view: (x) => heap.view(heap.address(x), x.size),
    sumOfSquares: (x) => sumOfSquares(context, x),
  };
  return { engine, context };
}

/** Starts the threads; only the main one if the heap cannot be shared. */
async function openContext(
  heap: Heap,
  library: string | null,
  threads: number,
  threadModule?: string,
): Promise<EngineContext> {
  const { memory } = heap;
  const simd = await loadSimdKernels(memory);
  const scratch = () => library === null ? heap.allocate(simd.matmulScratchBytes()) : 0;
  const core = await openCore(memory, library, scratch());
  const workers = heap.shared ? threads - 1 : 0;
  const setups = Array.from(
    { length: workers },
    (_, i) => ({ memory, library, index: i + 1, scratch: scratch() }),
  );
  return { heap, simd, pool: await ThreadPool.start(core, setups, threadModule) };
}
