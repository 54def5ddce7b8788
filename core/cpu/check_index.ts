import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { EngineContext } from "./engine_context.ts";

/**
 * Stops a kernel whose index is outside its rows: it would read, or worse write, other tensors.
 *
 * @param act what the kernel does to rows, for the message
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
  throw new RangeError(`Cannot ${act} rows: an index must be in 0 … ${rows - 1}, got ${value}`);
}
