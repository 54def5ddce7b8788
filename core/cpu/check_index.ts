import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { EngineContext } from "./engine_context.ts";

/**
 * Checks that a kernel's indices are within its rows; others would read or write other tensors.
 *
 * @param act the kernel's operation, for the message
 * @param index int32
 * @throws {RangeError} if an index is not in 0 … rows − 1
 */
export function checkIndex(
  { heap, simd }: EngineContext,
  act: string,
  index: Tensor2D,
  rows: number,
): void {
  const at = heap.address(index);
  const bad = simd.findBadIndex(at, index.size, rows);
  if (bad < 0) return;
  const value = heap.integers(at + 4 * bad, 1)[0];
  throw new RangeError(`Cannot run ${act}: an index must be in 0 … ${rows - 1}, got ${value}`);
}
