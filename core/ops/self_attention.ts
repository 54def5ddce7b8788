import type { Tensor1D, Tensor3D } from "@tensorflow/tfjs-core";
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
      return { value: y, saved: [qkv, y, saved] };
    },
    (dy, [qkv, y, saved]) => [
      activeKernels().attentionGradient(qkv as Tensor3D, heads, y as Tensor3D, saved, dy),
    ],
  );
}

/**
 * Packs biases of queries and values [D] into one of packed queries, keys and values [3D]; keys have none,
 * since it would not change the softmax.
 */
export function packBiases(query: Tensor1D, value: Tensor1D): Tensor1D {
  return differentiable<Tensor1D>(
    [query, value],
    () => ({ value: activeKernels().packBiases(query, value), saved: [] }),
    (dy) => {
      const gradients = activeKernels().unpackBiases(dy);
      return [gradients.query, gradients.value];
    },
  );
}
