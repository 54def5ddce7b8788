import { openBlas } from "../blas.ts";
import { loadSimdKernels, type SimdKernels } from "../simd/simd_kernels.ts";
import { blasMultiply, type Multiply, simdMultiply } from "./multiply.ts";

/** What one thread computes with. */
export interface Core {
  /** Kernels on the heap. */
  readonly simd: SimdKernels;
  /** Products on the heap. */
  readonly multiply: Multiply;
}

/**
 * Opens what a thread computes with on a heap.
 *
 * @param library the BLAS library to load, or null for products of the SIMD module
 * @param scratch address of the thread's own scratch memory for such products
 */
export async function openCore(
  memory: WebAssembly.Memory,
  library: string | null,
  scratch: number,
): Promise<Core> {
  const simd = await loadSimdKernels(memory);
  const multiply = library === null
    ? simdMultiply(simd, scratch)
    : blasMultiply(openBlas(library), memory);
  return { simd, multiply };
}
