/**
 * A pool of reusable byte arrays. Allocating an array of this size costs more than decoding into it, because
 * the system must map and clear its pages.
 */
export interface BufferPool {
  /** An array of `bytes` bytes with arbitrary content. */
  take(bytes: number): Uint8Array<ArrayBuffer>;
  /** Returns an array to the pool; it must not be used afterwards. */
  give(buffer: Uint8Array<ArrayBuffer>): void;
}

/** An empty pool. It keeps arrays of one size: that of the last one returned. */
export function createBufferPool(): BufferPool {
  let free: Uint8Array<ArrayBuffer>[] = [];
  return {
    take: (bytes) => (free[0]?.length === bytes ? free.pop()! : new Uint8Array(bytes)),
    give(buffer) {
      if (free.length > 0 && free[0].length !== buffer.length) free = [];
      free.push(buffer);
    },
  };
}

/** Returns an array to the pool on the first call. */
export function releaseOnce(pool: BufferPool, buffer: Uint8Array<ArrayBuffer>): () => void {
  let held = true;
  return () => {
    if (held) pool.give(buffer);
    held = false;
  };
}
