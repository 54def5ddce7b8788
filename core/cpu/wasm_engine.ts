import * as tf from "@tensorflow/tfjs-core";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm"; // registers the backend too
import type { Kernels } from "../ops/kernels/kernels.ts";
import type { Moments } from "../optimizer/adamw_kernel.ts";
import type { AdamWStep } from "../optimizer/adamw_step.ts";
import { plainKernels } from "../ops/plain/plain_kernels.ts";
import { attentionKernels } from "./attention_kernels.ts";
import { type BlasInfo, type BlasSearch, findBlas } from "./blas.ts";
import { chunkedAdamW } from "./chunked_adamw.ts";
import { type Heap, openHeap } from "./heap.ts";
import { linearKernels } from "./linear_kernels.ts";
import { blasMatMul, type MatMul, simdMatMul } from "./matmul.ts";
import { rowKernels } from "./row_kernels.ts";
import { loadSimdKernels } from "./simd/simd_kernels.ts";
import { replaceStockKernels } from "./stock_kernels.ts";

export type { BlasInfo } from "./blas.ts";

/** The CPU engine: tfjs's wasm backend with kernels of our own on its heap. */
export interface WasmEngine {
  /** The operations on the heap. */
  readonly kernels: Kernels;
  /** The BLAS library in use, or null. */
  readonly blas: BlasInfo | null;
  /** Why no BLAS library is in use, or null. */
  readonly blasProblem: string | null;
  /** Bytes that the wasm heap has grown to; it never shrinks, and 4 GiB is its limit. */
  heapBytes(): number;
  /**
   * One AdamW step of a variable, in place. The moments stay outside the heap. Tensors that share
   * the variable's values keep theirs.
   *
   * @throws {RangeError} if the gradient or the moments have another size
   */
  adamw(parameter: tf.Variable, gradient: tf.Tensor, moments: Moments, step: AdamWStep): void;
  /** Sum of the squares of a tensor's values, in float64. */
  sumOfSquares(x: tf.Tensor): number;
}

/** Options of {@linkcode openWasmEngine}. */
export interface WasmEngineOptions {
  /** Folder or URL, with a last "/", of tfjs's wasm files. @default found beside the npm package */
  wasmPaths?: string;
  /** `none` keeps a BLAS library from being loaded. @default "auto" */
  blas?: "auto" | "none";
}

/**
 * Makes `wasm` tfjs's backend and opens the CPU engine on it. Opened again with other options, the
 * later one counts for tfjs's own operations; both engines share the heap.
 *
 * @throws {Error} if the backend does not start or was started by something else
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { openWasmEngine } from "@videoms/core";
 *
 * const engine = await openWasmEngine({ blas: "none" });
 * const x = tf.tensor2d([[1, 2], [3, 4]]);
 * const y = engine.kernels.linear(x, x, null);
 * console.assert((await y.data())[0] === 7);
 * ```
 */
export async function openWasmEngine(options: WasmEngineOptions = {}): Promise<WasmEngine> {
  const { wasmPaths = findWasmFiles(), blas: wanted = "auto" } = options;
  if (wasmPaths) setWasmPaths(wasmPaths);
  const heap = await openHeap();
  const opened = engines.get(heap) ?? new Map<string, Opened>();
  engines.set(heap, opened);
  const { engine, matMul } = opened.get(wanted) ?? await open(heap, wanted);
  opened.set(wanted, { engine, matMul });
  replaceStockKernels(heap, matMul);
  return engine;
}

/** An engine and the product that it computes with. */
interface Opened {
  engine: WasmEngine;
  matMul: MatMul;
}

/** The engines of a heap by their `blas` option: each holds scratch memory, so none is made twice. */
const engines = new WeakMap<Heap, Map<string, Opened>>();

async function open(heap: Heap, wanted: "auto" | "none"): Promise<Opened> {
  const simd = await loadSimdKernels(heap.memory);
  const { blas, problem }: BlasSearch = wanted === "auto"
    ? findBlas()
    : { blas: null, problem: 'turned off (blas: "none")' };
  const matMul = blas ? blasMatMul(blas, heap) : simdMatMul(simd, heap);
  const engine: WasmEngine = {
    kernels: {
      ...plainKernels,
      ...linearKernels(heap, simd, matMul),
      ...attentionKernels(heap, simd, matMul),
      ...rowKernels(heap, simd),
    },
    blas: blas?.info ?? null,
    blasProblem: problem,
    heapBytes: () => heap.bytes,
    adamw: chunkedAdamW(heap, simd),
    sumOfSquares: (x) => simd.sumOfSquares(heap.address(x), x.size),
  };
  return { engine, matMul };
}

/** The folder of tfjs's wasm files, or undefined where modules have no files (a bundled page). */
function findWasmFiles(): string | undefined {
  try {
    const { protocol, pathname, href } = new URL(
      ".",
      import.meta.resolve("@tensorflow/tfjs-backend-wasm"),
    );
    if (protocol !== "file:") return href;
    const path = decodeURIComponent(pathname);
    return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path; // "/C:/…" on Windows
  } catch {
    return undefined;
  }
}
