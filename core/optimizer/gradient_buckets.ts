import type { SharedValues } from "../parallel/communicator.ts";
import type { ParameterSpec } from "../parameters/parameters.ts";
import { sizeOf } from "../parameters/size_of.ts";

/** Gradients that are exchanged together. */
export class GradientBucket {
  readonly specs: readonly ParameterSpec[];
  /** Tensors whose gradients are still to come in this micro-batch. */
  readonly missing = new Set<string>();
  /** Where the gradients of the first micro-batch lie, and then the sums over all and over ranks. */
  totals: readonly SharedValues[] = [];
  readonly #memory: SharedValues[] = [];

  /** A bucket of tensors. */
  constructor(specs: readonly ParameterSpec[]) {
    this.specs = specs;
  }

  /** Memory for the gradients of a micro-batch one after the other: one for the first, two in turns for all others. */
  memoryOf(microBatch: number): SharedValues {
    const size = this.specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    return this.#memory[microBatch === 0 ? 2 : microBatch % 2] ??= sharedValues(size);
  }
}

/** Values that threads share. */
export function sharedValues(length: number): SharedValues {
  return new Float32Array(new SharedArrayBuffer(4 * length));
}

/** Buckets of tensors in their order, of at most so many values unless a tensor has more. */
export function gradientBuckets(
  specs: readonly ParameterSpec[],
  most: number,
): GradientBucket[] {
  const groups: ParameterSpec[][] = [];
  let size = Infinity;
  for (const spec of specs) {
    const own = sizeOf(spec.shape);
    if (size + own > most) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)!.push(spec);
    size += own;
  }
  return groups.map((specs) => new GradientBucket(specs));
}

/** Copies values; not by set(), which takes ten times as long for shared memory. */
export function copyValues(from: Float32Array, to: Float32Array): Float32Array {
  for (let i = 0; i < to.length; i++) to[i] = from[i];
  return to;
}

/** Adds values to others. */
export function addValues(from: Float32Array, to: Float32Array): void {
  for (let i = 0; i < to.length; i++) to[i] += from[i];
}
