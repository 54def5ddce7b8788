import type { Moments } from "../optimizer/adamw_kernel.ts";
import type { Heap } from "./heap.ts";

/** Bytes of the heap that moments may take; the rest of its 4 GiB is for weights and activations. */
const LIMIT = 2 ** 30;

/**
 * The moments of optimisers: on the heap, where threads update them in place, up to a limit; in plain
 * arrays beyond it, or where the heap is not shared, since its growth would detach them.
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

  /** Where on the heap an array of this store is, or undefined if it is not there. */
  addressOf(values: Float32Array): number | undefined {
    return this.#addresses.get(values);
  }

  /** Gives the memory of moments back; they must not be used any more. */
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
