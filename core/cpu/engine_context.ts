import type { Heap } from "./heap.ts";
import type { SimdKernels } from "./simd/simd_kernels.ts";
import type { ThreadPool } from "./threads/thread_pool.ts";

/** Shared state of the CPU engine's kernels. */
export interface EngineContext {
  /** The heap of tensors. */
  readonly heap: Heap;
  /** The threads. */
  readonly pool: ThreadPool;
  /** Small kernels for the main thread. */
  readonly simd: SimdKernels;
}

/** Estimated time of a product on one thread in ns, at 90 Gflop/s. */
export function productWork(m: number, n: number, k: number): number {
  return m * n * k / 45;
}
