import type { SharedValues } from "../parallel/communicator.ts";
import type { ParameterSpec } from "../parameters/parameters.ts";
import { sizeOf } from "../parameters/size_of.ts";

/** Gradients that are exchanged together. */
export class GradientBucket {
  readonly specs: readonly ParameterSpec[];
  /** Tensors whose gradients are still to come in this micro-batch. */
  readonly missing = new Set<string>();
  /** Sums over micro-batches and ranks. */
  readonly totals: SharedValues;
  readonly #parts: SharedValues[] = [];

  /** A bucket of tensors. */
  constructor(specs: readonly ParameterSpec[]) {
    this.specs = specs;
    this.totals = sharedValues(specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0));
  }

  /** Where a micro-batch has its gradients: one alone where the sums will be, several in turns in two more places. */
  partOf(microBatch: number, microBatches: number): SharedValues {
    if (microBatches === 1) return this.totals;
    return this.#parts[microBatch % 2] ??= sharedValues(this.totals.length);
  }
}

/** Where the gradient of a tensor lies. */
export interface GradientPlace {
  readonly bucket: GradientBucket;
  /** First of its values. */
  readonly start: number;
  /** Behind its last value. */
  readonly end: number;
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

/** Where the gradients of a bucket lie, by name. */
export function* placesOf(bucket: GradientBucket): Generator<[string, GradientPlace]> {
  let start = 0;
  for (const { name, shape } of bucket.specs) {
    const end = start + sizeOf(shape);
    yield [name, { bucket, start, end }];
    start = end;
  }
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
