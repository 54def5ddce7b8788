import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";

/** Distances between embeddings. */
export const DISTANCES = ["l2", "l1", "cosine"] as const;

/** L2: Euclidean; L1: sum of absolute differences; cosine: 1 − the cosine of the angle. */
export type Distance = typeof DISTANCES[number];

/** Importance of the first tubelet. */
export const FIRST_TUBELETS = ["copy", "zero", "max"] as const;

/**
 * The importance of the first tubelet, which has no predecessor: a copy of the second's, zero (its tokens
 * rank last), or the maximum of the same position over later times.
 */
export type FirstTubelet = typeof FIRST_TUBELETS[number];

/**
 * Relative difference of embeddings below which a token counts as still.
 *
 * Equal patches need not have equal embeddings: a matrix product may round the same row differently at
 * different positions, by about 1e-6 of its length. That device-dependent noise would determine the rank of
 * tokens in a still background. A change of one grey level in one pixel of a patch changes its embedding by
 * some 1e-4 of its length.
 *
 * With ν this number, a distance is 0 if for L2 `|a − b|² ≤ (|a|² + |b|²)·ν²/2`, for L1 `|a − b| ≤ (|a| +
 * |b|)·ν/2` and for the cosine `½|a/|a| − b/|b||² ≤ ν²/2`.
 */
export const MOTION_NOISE = 3e-5;

/** Lower bound of lengths in the cosine distance, below which vectors have no direction. */
export const SMALLEST_DIRECTION = 1e-12;

/** Token selection, entirely on the device. */
export interface SelectionKernels {
  /**
   * The distance of each token's embedding from that of the same position one tubelet before; exactly 0 if
   * they differ only by rounding ({@linkcode MOTION_NOISE}). The cosine distance is `½|a/|a| − b/|b||²`.
   *
   * @param x [B, N, D]
   * @param perTubelet tokens of a tubelet; divides N, at most N/2
   * @returns [B, N]
   */
  tokenDistances(
    x: Tensor3D,
    perTubelet: number,
    distance: Distance,
    first: FirstTubelet,
  ): Tensor2D;
  /**
   * Partitions the tokens of each sample by the rank of their value.
   *
   * Rank 0 has the largest value (`largestFirst`) or the smallest; equal values rank by index. The token of
   * rank r gets the role `roles[b, r]`; tokens of rank C and above get none.
   *
   * @param values [B, N]; NaN ranks as infinity
   * @param roles int32 [B, C], C ≤ N, each 0 or 1, the same number of ones in every row
   * @param ones number of ones per row
   * @returns the indices of the tokens of each role, ascending: int32 [B, C − ones] and [B, ones]
   */
  partitionTokens(
    values: Tensor2D,
    largestFirst: boolean,
    roles: Tensor2D,
    ones: number,
  ): { zeros: Tensor2D; ones: Tensor2D };
}
