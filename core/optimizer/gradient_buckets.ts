import type { ParameterSpec } from "../parameters/parameters.ts";
import { sizeOf } from "../parameters/size_of.ts";

/** Gradients that are exchanged together. */
export interface GradientBucket {
  readonly specs: readonly ParameterSpec[];
  readonly values: Float32Array<SharedArrayBuffer>;
  /** Tensors whose gradients are still to come in this step. */
  readonly missing: Set<string>;
}

/** Where the gradient of a tensor lies. */
export interface GradientPlace {
  readonly bucket: GradientBucket;
  readonly values: Float32Array<SharedArrayBuffer>;
}

/** Values that threads share. */
export function sharedValues(length: number): Float32Array<SharedArrayBuffer> {
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
  return groups.map((specs) => {
    const length = specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    return { specs, values: sharedValues(length), missing: new Set() };
  });
}

/** Where the gradients of a bucket lie, by name. */
export function* placesOf(bucket: GradientBucket): Generator<[string, GradientPlace]> {
  let start = 0;
  for (const { name, shape } of bucket.specs) {
    const end = start + sizeOf(shape);
    yield [name, { bucket, values: bucket.values.subarray(start, end) }];
    start = end;
  }
}

/** Copies values times a factor; not by set(), which takes ten times as long for shared memory. */
export function copyValues(from: Float32Array, to: Float32Array, scale = 1): Float32Array {
  for (let i = 0; i < to.length; i++) to[i] = from[i] * scale;
  return to;
}

/** Adds values to others. */
export function addValues(from: Float32Array, to: Float32Array): void {
  for (let i = 0; i < to.length; i++) to[i] += from[i];
}
