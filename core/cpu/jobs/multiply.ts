import type { Blas } from "../blas.ts";
import type { SimdKernels } from "../simd/simd_kernels.ts";

/** A row-major matrix on the heap. */
export interface Matrix {
  /** Address of its first value. */
  readonly at: number;
  /** Row stride in values. */
  readonly stride: number;
  /** Whether the product uses the transpose. */
  readonly transposed?: boolean;
}

/** Sizes of a product: [m, k] · [k, n]. */
export interface ProductSizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** `c = a · b`, or `c += a · b` where `add` is set, on the heap and in the calling thread. */
export type Multiply = (
  sizes: ProductSizes,
  a: Matrix,
  b: Matrix,
  c: Matrix,
  add?: boolean,
) => void;

/** Products by a BLAS library, which accesses the heap like any memory of the process. */
export function blasMultiply(blas: Blas, memory: WebAssembly.Memory): Multiply {
  let buffer: ArrayBufferLike | null = null;
  let base = 0;
  return ({ m, n, k }, a, b, c, add = false) => {
    if (buffer !== memory.buffer) { // the heap grew and may have moved
      buffer = memory.buffer;
      base = blas.addressOf(buffer);
    }
    const [flipA, flipB] = [a.transposed ?? false, b.transposed ?? false];
    const [atA, atB, atC] = [base + a.at, base + b.at, base + c.at];
    blas.sgemm(flipA, flipB, m, n, k, 1, atA, a.stride, atB, b.stride, add ? 1 : 0, atC, c.stride);
  };
}

/**
 * Products by the SIMD module, for browsers and machines without a BLAS library.
 *
 * @param scratch address of the thread's own `simd.matmulScratchBytes()` bytes
 */
export function simdMultiply(simd: SimdKernels, scratch: number): Multiply {
  return ({ m, n, k }, a, b, c, add = false) => {
    const [flipA, flipB] = [a.transposed ? 1 : 0, b.transposed ? 1 : 0];
    const beta = add ? 1 : 0;
    simd.matmul(
      ...[flipA, flipB, m, n, k, 1, a.at, a.stride] as const,
      ...[b.at, b.stride, beta, c.at, c.stride, scratch] as const,
    );
  };
}

/** The address of a stored value of a matrix by row and column. */
export function placeIn({ at, stride }: Matrix, row: number, column: number): number {
  return at + 4 * (row * stride + column);
}

/** The submatrix, as used by the product, that starts at a row and column. */
export function partOf(matrix: Matrix, row: number, column: number): Matrix {
  const at = matrix.transposed ? placeIn(matrix, column, row) : placeIn(matrix, row, column);
  return { ...matrix, at };
}
