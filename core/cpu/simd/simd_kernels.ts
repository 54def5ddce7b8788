import { isShared, withSharedMemory } from "../shared_memory.ts";
import { RELAXED_SIMD_MODULE, SIMD_MODULE } from "./module.ts";

/**
 * The SIMD kernels on a wasm heap; see the sources in `assembly/` for what each computes. Pointers are byte
 * addresses on the heap, the other numbers are sizes in values or scalars.
 */
export interface SimdKernels {
  startRows(
    residual: number,
    b: number,
    y: number,
    rows: number,
    n: number,
    stride: number,
  ): void;
  blendRows(
    residual: number,
    factor: number,
    y: number,
    rows: number,
    n: number,
    stride: number,
  ): void;
  scale(x: number, factor: number, y: number, n: number): void;
  sumRows(
    x: number,
    sum: number,
    samples: number,
    rows: number,
    gap: number,
    n: number,
    stride: number,
  ): void;
  findBadIndex(index: number, count: number, limit: number): number;
  gatherRows(x: number, index: number, y: number, count: number, n: number): void;
  scatterRows(
    x: number,
    index: number,
    y: number,
    count: number,
    from: number,
    to: number,
    n: number,
  ): void;
  placeRows(
    x: number,
    step: number,
    table: number,
    index: number,
    y: number,
    count: number,
    n: number,
  ): void;
  copyBytes(from: number, to: number, bytes: number): void;
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
  layerNormGradient(
    x: number,
    scale: number,
    statistics: number,
    dy: number,
    residual: number,
    dx: number,
    rows: number,
    n: number,
  ): void;
  layerNormSums(
    x: number,
    statistics: number,
    dy: number,
    dScale: number,
    dOffset: number,
    rows: number,
    n: number,
    stride: number,
  ): void;
  gelu(x: number, y: number, rows: number, n: number, stride: number): void;
  geluGradient(x: number, dy: number, dx: number, n: number): void;
  geluPair(x: number, d: number, y: number, rows: number, n: number, stride: number): void;
  patches(
    clip: number,
    table: number,
    index: number,
    first: number,
    y: number,
    count: number,
    tubelet: number,
    patch: number,
    size: number,
  ): void;
  reconstruction(
    prediction: number,
    patches: number,
    scale: number,
    d: number,
    losses: number,
    rows: number,
    n: number,
    normalize: number,
    factor: number,
  ): void;
  distances(
    x: number,
    y: number,
    kind: number,
    count: number,
    gap: number,
    n: number,
    noise: number,
    smallest: number,
  ): void;
  softmax(
    p: number,
    statistics: number,
    rows: number,
    n: number,
    stride: number,
    scale: number,
  ): void;
  softmaxAgain(
    p: number,
    statistics: number,
    rows: number,
    n: number,
    stride: number,
    scale: number,
  ): void;
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
  sumOfSquares(x: number, n: number, to: number): void;
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

/** Exports of the module beside its kernels. */
interface Preparation {
  /** Initialises the module's constants; must be called before any kernel. */
  prepare(): void;
}

/** Loads the SIMD kernels onto a heap, shared between threads or not. */
export async function loadSimdKernels(memory: WebAssembly.Memory): Promise<SimdKernels> {
  const relaxed = bytesOf(RELAXED_SIMD_MODULE);
  const bytes = WebAssembly.validate(relaxed) ? relaxed : bytesOf(SIMD_MODULE);
  const module = isShared(memory) ? withSharedMemory(bytes) : bytes;
  const { instance } = await WebAssembly.instantiate(module, { env: { memory } });
  const exports = instance.exports as unknown as SimdKernels & Preparation;
  exports.prepare();
  return exports;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
