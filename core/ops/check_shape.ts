import type { TensorInfo } from "@tensorflow/tfjs-core";

/**
 * Stops a kernel that would read past an input: on the heap lie other tensors' values.
 *
 * @throws {RangeError} if the shape is another one
 */
export function checkShape(name: string, { shape }: TensorInfo, expected: readonly number[]): void {
  const same = shape.length === expected.length && shape.every((size, i) => size === expected[i]);
  if (!same) {
    throw new RangeError(`Cannot use "${name}": its shape must be [${expected}], got [${shape}]`);
  }
}
