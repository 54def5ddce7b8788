import type { BackendParts } from "./backend_parts.ts";

const ids = new WeakMap<GPUBuffer, number>();
let next = 1;

/** The buffer's number; earlier buffers have smaller ones. */
export function bufferId(buffer: GPUBuffer): number {
  let id = ids.get(buffer);
  if (id === undefined) ids.set(buffer, id = next++);
  return id;
}

/**
 * Makes tfjs's pool reuse the oldest free buffer of a size. By default it reuses the one released last, so
 * that a training step's buffers depend on the release order of the previous step, and a deep network's
 * buffers keep changing. The oldest one depends only on which are free: equal steps get equal buffers, and
 * cached bind groups match.
 */
export function orderBuffers({ bufferManager }: BackendParts): void {
  const release = bufferManager.releaseBuffer.bind(bufferManager);
  bufferManager.releaseBuffer = (buffer, reuse) => {
    release(buffer, reuse);
    const free = bufferManager.freeBuffers.get(`${buffer.size}_${buffer.usage}`);
    if (!free || free[free.length - 1] !== buffer) return;
    // The pool takes from the end, so the largest numbers come first.
    const id = bufferId(buffer);
    let place = free.length - 1;
    for (; place > 0 && bufferId(free[place - 1]) < id; place--) free[place] = free[place - 1];
    free[place] = buffer;
  };
}
