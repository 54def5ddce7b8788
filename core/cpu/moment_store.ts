import type { Moments } from "../optimizer/adamw_kernel.ts";
import type { Heap } from "./heap.ts";

/** Maximum bytes of moments on the heap; the rest of its 4 GiB is for weights and activations. */
const LIMIT = 2 ** 30;

/**
 * Optimiser moments: on the heap, where threads update them in place, up to a limit; beyond it, or if the
 * heap is not shared, in JavaScript arrays, since heap growth would detach views.
 */
export class MomentStore {
  readonly #heap: Heap;
  readonly #addresses = new WeakMap<Float32Array, number>();
  #bytes = 0;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  /** Zeros for a tensor of `size` values. */
  create(size: number): Moments {
    return { first: this.#zeros(size), second: this.#zeros(size) };
  }

  #zeros(size: number): Float32Array {
    const bytes = 4 * size;
    if (!this.#heap.shared || this.#bytes + bytes > LIMIT) return new Float32Array(size);
    const address = this.#heap.allocate(bytes);
    const values = this.#heap.view(address, size).fill(0);
    this.#addresses.set(values, address);
    this.#bytes += bytes;
    return values;
  }

  /** The heap address of an array of this store, or undefined if it is elsewhere. */
  addressOf(values: Float32Array): number | undefined {
    return this.#addresses.get(values);
  }

  /** Frees moments, which must not be used afterwards. */
  free({ first, second }: Moments): void {
    for (const values of [first, second]) {
      const address = this.#addresses.get(values);
      if (address === undefined) continue;
      this.#addresses.delete(values);
      this.#heap.free(address);
      this.#bytes -= values.byteLength;
    }
  }
}
