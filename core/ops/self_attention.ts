import type { Tensor3D } from "@tensorflow/tfjs-core";
import { activeKernels } from "./active_kernels.ts";
import { differentiable } from "./differentiable.ts";

/**
 * Multi-head self-attention of packed queries, keys and values (Vaswani et al.: arXiv 1706.03762).
 *
 * @param qkv [B, N, 3D]: q, k and v side by side, each with its heads side by side
 * @param heads number of heads; divides D
 * @returns [B, N, D], heads side by side
 */
export function selfAttention(qkv: Tensor3D, heads: number): Tensor3D {
  return differentiable<Tensor3D>(
    [qkv],
    () => {
      const { y, saved } = activeKernels().attention(qkv, heads);
      return { value: y, saved: [qkv, saved] };
    },
    (dy, [qkv, saved]) => [
      activeKernels().attentionGradient(qkv as Tensor3D, heads, saved, dy),
    ],
  );
}
