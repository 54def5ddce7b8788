import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import { activeKernels } from "./active_kernels.ts";
import { differentiable } from "./differentiable.ts";

/**
 * The tokens that an index names, sample by sample.
 *
 * @param x [B, N, D]
 * @param index int32 [B, K], distinct within a sample
 * @returns [B, K, D]
 */
export function gatherTokens(x: Tensor3D, index: Tensor2D): Tensor3D {
  const tokens = x.shape[1];
  return differentiable<Tensor3D>(
    [x],
    () => ({ value: activeKernels().gatherRows(x, index), saved: [index] }),
    (dy, [index]) => [activeKernels().scatterRows(dy, index as Tensor2D, tokens)],
  );
}
