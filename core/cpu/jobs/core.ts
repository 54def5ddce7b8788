import { openBlas } from "../blas.ts";
import { loadSimdKernels, type SimdKernels } from "../simd/simd_kernels.ts";
import { blasMultiply, type Multiply, simdMultiply } from "./multiply.ts";

/** The compute kernels of one thread. */
export interface Core {
  /** Kernels on the heap. */
  readonly simd: SimdKernels;
  /** Products on the heap. */
  readonly multiply: Multiply;
}

/**
 * Opens a thread's compute kernels on a heap.
 *
 * @param library the BLAS library to load, or null to use the SIMD module
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
