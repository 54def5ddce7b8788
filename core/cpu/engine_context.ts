import type { Heap } from "./heap.ts";
import type { SimdKernels } from "./simd/simd_kernels.ts";
import type { ThreadPool } from "./threads/thread_pool.ts";

/** What the kernels of the CPU engine work with. */
export interface EngineContext {
  /** Where tensors live. */
  readonly heap: Heap;
  /** What computes. */
  readonly pool: ThreadPool;
  /** Small kernels for the main thread. */
  readonly simd: SimdKernels;
}

/** About how long one thread takes for a product, in ns: 90 Gflop/s. */
export function productWork(m: number, n: number, k: number): number {
  return m * n * k / 45;
}
