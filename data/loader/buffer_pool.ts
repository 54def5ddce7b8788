/**
 * Byte arrays that are used again and again. A fresh array of this size costs more than decoding into
 * it, because the system hands out and clears its pages.
 */
export interface BufferPool {
  /** An array of `bytes` bytes with any content. */
  take(bytes: number): Uint8Array<ArrayBuffer>;
  /** Gives an array back; it must not be used after that. */
  give(buffer: Uint8Array<ArrayBuffer>): void;
}

/** An empty pool. It keeps arrays of one size, the one that was given back last. */
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

/** Gives an array back the first time it is called. */
export function releaseOnce(pool: BufferPool, buffer: Uint8Array<ArrayBuffer>): () => void {
  let held = true;
  return () => {
    if (held) pool.give(buffer);
    held = false;
  };
}
