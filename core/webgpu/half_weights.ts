import type * as tf from "@tensorflow/tfjs-core";
import type { Parameters } from "../parameters/parameters.ts";
import type { ArenaLayout } from "./arena.ts";
import type { GpuQueue } from "./gpu_queue.ts";
import { convert } from "./store_as.ts";

/**
 * Copies of weights in half precision, which products read instead of rounding them anew. AdamW writes them as
 * it moves the weights; those written by others are rounded before they are next read.
 */
export class HalfWeights {
  readonly #queue: GpuQueue;
  readonly #weights: readonly tf.Variable[];
  readonly #copies: readonly tf.TensorInfo[];
  /** Names of weights that were written since they were rounded. */
  readonly #written = new Set<string>();
  /** The buffers, laid out like those of the weights. */
  readonly chunks: readonly tf.TensorInfo[];

  /** Allocates copies of the matrices among the parameters; others have no use. */
  constructor(queue: GpuQueue, layout: ArenaLayout, parameters: Parameters) {
    const { memory } = queue;
    this.#queue = queue;
    this.chunks = layout.chunks.map((values) => memory.reserve(values / 2));
    const matrices = [...parameters.entries()].filter(([, { shape }]) => shape.length === 2);
    this.#weights = matrices.map(([, weight]) => weight);
    this.#copies = matrices.map(([name, weight]) => {
      const { chunk, start, size } = layout.slots.get(name)!;
      const { buffer } = memory.rangeOf(this.chunks[chunk]);
      const range = { buffer, offset: 2 * start, size: 4 * Math.ceil(size / 2) };
      const copy = memory.halfView(weight.shape, range);
      this.#written.add(name);
      memory.setHalfCopy(weight, () => {
        if (this.#written.delete(name)) convert(this.#queue, weight, copy);
        return copy;
      });
      return copy;
    });
  }

  /** Notes that something other than the optimiser wrote a parameter. */
  noteWrite(name: string): void {
    this.#written.add(name);
  }

  /** Frees the copies. */
  dispose(): void {
    const { memory } = this.#queue;
    for (const weight of this.#weights) memory.setHalfCopy(weight, null);
    for (const copy of this.#copies) memory.endView(copy);
    for (const chunk of this.chunks) memory.release(chunk);
  }
}
