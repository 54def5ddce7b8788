import * as tf from "@tensorflow/tfjs-core";
import { activeKernels } from "./active_kernels.ts";

/** The tokens of each role from {@linkcode partitionTokens}, ascending. */
export interface TokenPartition {
  /** int32 [B, C − ones]. */
  zeros: tf.Tensor2D;
  /** int32 [B, ones]. */
  ones: tf.Tensor2D;
}

/**
 * Partitions the tokens of each sample by the rank of their value, entirely on the device.
 *
 * Rank 0 has the largest value (`largestFirst`) or the smallest; equal values rank by index, so the order is
 * the same on every machine. The token of rank r gets the role `roles[b][r]`; tokens of rank C and above get
 * none.
 *
 * @param values [B, N]; NaN ranks as infinity
 * @param roles C roles per sample, 0 or 1, with the same number of ones
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { openDevice, partitionTokens } from "@videoms/core";
 *
 * await openDevice({ backend: "cpu" });
 * const values = tf.tensor2d([[1, 3, 1, 2]]);
 * const { zeros, ones } = partitionTokens(values, true, [[0, 1, 0]]); // ranks: 1, 3, 0, 2
 * console.assert((await zeros.data()).join() === "0,1" && (await ones.data()).join() === "3");
 * ```
 */
export function partitionTokens(
  values: tf.Tensor2D,
  largestFirst: boolean,
  roles: readonly ArrayLike<number>[],
): TokenPartition {
  const [samples, tokens] = values.shape;
  const chosen = roles[0]?.length ?? 0;
  const ones = Array.from(roles[0] ?? []).filter((role) => role === 1).length;
  if (roles.length !== samples || chosen > tokens) {
    throw new RangeError(
      `Cannot run token selection: there must be roles for ${samples} samples of ${tokens} tokens, ` +
        `got ${roles.length} of ${chosen}`,
    );
  }
  const flat = new Int32Array(samples * chosen);
  roles.forEach((row, b) => flat.set(Array.from(row), b * chosen));
  const tensor = tf.tensor2d(flat, [samples, chosen], "int32");
  try {
    return activeKernels().partitionTokens(values, largestFirst, tensor, ones);
  } finally {
    tensor.dispose();
  }
}
