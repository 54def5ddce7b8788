import type { Blas } from "./blas.ts";
import type { Heap } from "./heap.ts";
import type { SimdKernels } from "./simd/simd_kernels.ts";

/** A row-major matrix on the heap. */
export interface Matrix {
  /** Address of its first value. */
  readonly at: number;
  /** Values from one row to the next. */
  readonly stride: number;
  /** Whether the product takes the transpose of what is stored. */
  readonly transposed?: boolean;
}

/** Sizes of a product: the result is [m, n], the inner size is k. */
export interface ProductSizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** `c = a · b`, or `c += a · b` where `add` is set, on the heap. */
export type MatMul = (
  sizes: ProductSizes,
  a: Matrix,
  b: Matrix,
  c: Matrix,
  add?: boolean,
) => void;

/**
 * Products below this many multiplications run on one thread: waking another costs more than it
 * saves (118 × 118 × 64, a head of a short clip, is 0.9 million: 52 Gflop/s on one thread, 47 on two).
 */
const THREADED_PRODUCT = 4e6;

/** Products by a BLAS library, which works on the heap as on any memory of the process. */
export function blasMatMul(blas: Blas, heap: Heap): MatMul {
  let buffer: ArrayBufferLike | null = null;
  let base = 0;
  return ({ m, n, k }, a, b, c, add = false) => {
    if (buffer !== heap.memory.buffer) { // the heap grew, and may have moved
      buffer = heap.memory.buffer;
      base = blas.addressOf(buffer);
    }
    blas.useAllThreads(m * n * k >= THREADED_PRODUCT);
    const [flipA, flipB] = [a.transposed ?? false, b.transposed ?? false];
    const [atA, atB, atC] = [base + a.at, base + b.at, base + c.at];
    blas.sgemm(flipA, flipB, m, n, k, 1, atA, a.stride, atB, b.stride, add ? 1 : 0, atC, c.stride);
  };
}

/** Products by the SIMD module, for browsers and machines without a BLAS library. */
export function simdMatMul(simd: SimdKernels, heap: Heap): MatMul {
  const scratch = heap.allocate(simd.matmulScratchBytes());
  return ({ m, n, k }, a, b, c, add = false) => {
    const [flipA, flipB] = [a.transposed ? 1 : 0, b.transposed ? 1 : 0];
    const beta = add ? 1 : 0;
    simd.matmul(
      ...[flipA, flipB, m, n, k, 1, a.at, a.stride] as const,
      ...[b.at, b.stride, beta, c.at, c.stride, scratch] as const,
    );
  };
}
