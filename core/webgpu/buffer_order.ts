import type { BackendParts } from "./backend_parts.ts";

const ids = new WeakMap<GPUBuffer, number>();
let next = 1;

/** A number of the buffer's own; earlier buffers have smaller ones. */
export function bufferId(buffer: GPUBuffer): number {
  let id = ids.get(buffer);
  if (id === undefined) ids.set(buffer, id = next++);
  return id;
}

/**
 * Makes tfjs's pool hand out the oldest free buffer of a size. It takes the one released last, so that
 * what a step of training gets depends on the order in which the step before let go; the buffers of a
 * deep network then change places for ever. The oldest one depends on which are free alone: equal steps
 * get equal buffers, and their bind groups are found again.
 */
export function orderBuffers({ bufferManager }: BackendParts): void {
  const release = bufferManager.releaseBuffer.bind(bufferManager);
  bufferManager.releaseBuffer = (buffer, reuse) => {
    release(buffer, reuse);
    const free = bufferManager.freeBuffers.get(`${buffer.size}_${buffer.usage}`);
    if (!free || free[free.length - 1] !== buffer) return;
    // The pool takes from the end: largest numbers come first.
    const id = bufferId(buffer);
    let place = free.length - 1;
    for (; place > 0 && bufferId(free[place - 1]) < id; place--) free[place] = free[place - 1];
    free[place] = buffer;
  };
}
