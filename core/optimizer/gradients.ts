import * as tf from "@tensorflow/tfjs-core";
import type { Device } from "../device/open_device.ts";

/** The Euclidean norm over the values of all gradients. */
export async function globalNorm(
  device: Device,
  gradients: ReadonlyMap<string, tf.Tensor>,
): Promise<number> {
  const sums = await Promise.all([...gradients.values()].map((g) => device.sumOfSquares(g)));
  return Math.sqrt(sums.reduce((a, b) => a + b, 0));
}

/**
 * The factor that clips gradients of the given norm: `min(1, limit / (norm + 1e-6))`, or 1 without a
 * limit.
 */
export function clipScale(norm: number, limit: number | null): number {
  return limit === null ? 1 : Math.min(1, limit / (norm + 1e-6));
}

/** Adds gradients of another micro-batch to `total`, disposing of both addends. */
export function accumulate(
  total: Map<string, tf.Tensor> | null,
  gradients: Map<string, tf.Tensor>,
): Map<string, tf.Tensor> {
  if (total === null) return gradients;
  for (const [name, gradient] of gradients) {
    const before = total.get(name)!;
    total.set(name, tf.add(before, gradient));
    tf.dispose([before, gradient]);
  }
  return total;
}
