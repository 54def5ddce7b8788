import type { BackendParts, BufferRange } from "./backend_parts.ts";

/** A buffer as a whole. Its size is kept, since asking a WebGPU for it costs as much as a dispatch. */
interface PoolBuffer extends BufferRange {
  /** Buffers of a size and usage, which replace each other. */
  readonly kind: number;
}

const ids = new WeakMap<GPUBuffer, number>();
let next = 1;

/** The buffer's number; earlier buffers have smaller ones. */
export function bufferId(buffer: GPUBuffer): number {
  let id = ids.get(buffer);
  if (id === undefined) ids.set(buffer, id = next++);
  return id;
}

/** More than the sum of all usages, which are bits. */
const USAGES = 1024;

/**
 * Buffers for tensors, in place of tfjs's pool. That one reuses the buffer released last, so that a training
 * step's buffers depend on the release order of the previous step, and a deep network's buffers keep changing.
 * Here the oldest free one is reused, which depends only on which are free: equal steps get equal buffers, and
 * cached bind groups match.
 */
export class BufferPool {
  readonly #device: GPUDevice;
  /** Free buffers by kind; those of the largest numbers come first, as the last is taken. */
  readonly #free = new Map<number, PoolBuffer[]>();
  readonly #used = new Map<GPUBuffer, PoolBuffer>();
  readonly #wholes = new WeakMap<GPUBuffer, PoolBuffer>();
  /** Bytes of all buffers. */
  numBytesAllocated = 0;
  /** Bytes of those in use. */
  numBytesUsed = 0;

  /** An empty pool in place of the backend's, which has to be unused. */
  constructor(backend: Pick<BackendParts, "device" | "bufferManager">) {
    this.#device = backend.device;
    backend.bufferManager = this;
  }

  /** A buffer of that many bytes; `reuse` allows one with old contents. */
  acquireBuffer(size: number, usage: number, mappedAtCreation = false, reuse = true): GPUBuffer {
    const kind = size * USAGES + usage;
    const whole = reuse && this.#free.get(kind)?.pop() ||
      this.#make({ size, usage, mappedAtCreation }, kind);
    this.#used.set(whole.buffer, whole);
    this.numBytesUsed += size;
    return whole.buffer;
  }

  #make(descriptor: GPUBufferDescriptor, kind: number): PoolBuffer {
    const buffer = this.#device.createBuffer(descriptor);
    const { size } = descriptor;
    this.numBytesAllocated += size;
    bufferId(buffer); // now, for the order
    const whole = { buffer, offset: 0, size, kind };
    this.#wholes.set(buffer, whole);
    return whole;
  }

  /** Gives a buffer back, to be reused or destroyed. */
  releaseBuffer(buffer: GPUBuffer, reuse = true): void {
    const whole = this.#used.get(buffer);
    if (!whole) return; // the pool has been disposed of
    this.#used.delete(buffer);
    this.numBytesUsed -= whole.size;
    if (reuse) return this.#keep(whole);
    buffer.destroy();
    this.numBytesAllocated -= whole.size;
  }

  #keep(whole: PoolBuffer): void {
    const free = this.#free.get(whole.kind);
    if (!free) return void this.#free.set(whole.kind, [whole]);
    const id = bufferId(whole.buffer);
    let place = free.length;
    for (; place > 0 && bufferId(free[place - 1].buffer) < id; place--) {
      free[place] = free[place - 1];
    }
    free[place] = whole;
  }

  /** The whole of a buffer, the same object every time for one of this pool. */
  whole(buffer: GPUBuffer): BufferRange {
    return this.#wholes.get(buffer) ?? { buffer, offset: 0, size: buffer.size };
  }

  /** Destroys all buffers. */
  dispose(): void {
    for (const buffer of this.#used.keys()) buffer.destroy();
    for (const free of this.#free.values()) for (const { buffer } of free) buffer.destroy();
    this.#used.clear();
    this.#free.clear();
    this.numBytesAllocated = this.numBytesUsed = 0;
  }
}
