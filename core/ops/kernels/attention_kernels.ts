import type { Tensor, Tensor1D, Tensor3D } from "@tensorflow/tfjs-core";

/** Attention over packed queries, keys and values. */
export interface AttentionKernels {
  /**
   * Multi-head self-attention.
   *
   * @param qkv [B, N, 3D]: q in columns 0…D−1, k in D…2D−1, v in 2D…3D−1; head i has the columns i·d …
   * (i+1)·d−1 of each third, d = D/heads
   * @returns `y` [B, N, D], heads side by side, softmax of `q·kᵀ/√d` times v; `saved` is for the gradient of
   * the same backend; at most 3·B·N·D values if fused
   */
  attention(qkv: Tensor3D, heads: number): { y: Tensor3D; saved: Tensor };
  /**
   * Gradient of {@linkcode AttentionKernels.attention} with respect to qkv [B, N, 3D], from what it
   * returned and dy [B, N, D].
   */
  attentionGradient(
    qkv: Tensor3D,
    heads: number,
    y: Tensor3D,
    saved: Tensor,
    dy: Tensor3D,
  ): Tensor3D;
  /** Packs biases of queries and values [D] into a qkv bias [3D]; keys have none. */
  packBiases(query: Tensor1D, value: Tensor1D): Tensor1D;
  /** Splits a gradient [3D] into those of queries and values. */
  unpackBiases(packed: Tensor1D): { query: Tensor1D; value: Tensor1D };
}
