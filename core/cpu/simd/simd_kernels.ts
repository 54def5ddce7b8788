import { SIMD_MODULE } from "./module.ts";

/**
 * The SIMD kernels on a wasm heap; what each computes is told beside its source in `assembly/`.
 * Pointers are byte addresses on the heap, the other numbers are sizes in values or scalars.
 */
export interface SimdKernels {
  fillRows(b: number, y: number, rows: number, n: number): void;
  sumRows(x: number, sum: number, rows: number, n: number): void;
  findBadIndex(index: number, count: number, limit: number): number;
  gatherRows(x: number, index: number, y: number, count: number, n: number): void;
  scatterRows(
    x: number,
    index: number,
    y: number,
    count: number,
    rows: number,
    n: number,
  ): void;
  layerNorm(
    x: number,
    scale: number,
    offset: number,
    y: number,
    statistics: number,
    rows: number,
    n: number,
    epsilon: number,
  ): void;
  layerNormGradients(
    x: number,
    scale: number,
    statistics: number,
    dy: number,
    dx: number,
    dScale: number,
    dOffset: number,
    rows: number,
    n: number,
  ): void;
  gelu(x: number, y: number, n: number): void;
  geluGradient(x: number, dy: number, dx: number, n: number): void;
  softmax(p: number, rows: number, n: number, stride: number, scale: number): void;
  softmaxGradient(
    p: number,
    d: number,
    rows: number,
    n: number,
    stride: number,
    scale: number,
  ): void;
  matmulScratchBytes(): number;
  matmul(
    transposeA: number,
    transposeB: number,
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: number,
    strideA: number,
    b: number,
    strideB: number,
    beta: number,
    c: number,
    strideC: number,
    scratch: number,
  ): void;
  sumOfSquares(x: number, n: number): number;
  adamw(
    p: number,
    g: number,
    m: number,
    v: number,
    n: number,
    beta1: number,
    beta2: number,
    rest1: number,
    rest2: number,
    keep: number,
    rate: number,
    correction: number,
    epsilon: number,
    gradientScale: number,
  ): void;
}

/** Loads the SIMD kernels onto a heap. */
export async function loadSimdKernels(memory: WebAssembly.Memory): Promise<SimdKernels> {
  const bytes = Uint8Array.from(atob(SIMD_MODULE), (character) => character.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  return instance.exports as unknown as SimdKernels;
}
