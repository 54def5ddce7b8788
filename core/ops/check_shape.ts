import type { TensorInfo } from "@tensorflow/tfjs-core";

/**
 * Checks a kernel's input, beyond which the heap holds other tensors' values.
 *
 * @throws {RangeError} if the shape differs
 */
export function checkShape(name: string, { shape }: TensorInfo, expected: readonly number[]): void {
  const same = shape.length === expected.length && shape.every((size, i) => size === expected[i]);
  if (!same) {
    throw new RangeError(
      `Cannot run the kernel: "${name}" must have shape [${expected}], got [${shape}]`,
    );
  }
}
