import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";

/** Gradients of {@linkcode Kernels.linear}. */
export interface LinearGradients {
  /** [R, in], or null if it was not asked for. */
  dx: Tensor2D | null;
  /** [in, out]. */
  dw: Tensor2D;
  /** [out]. */
  db: Tensor1D;
}

/** Gradients of {@linkcode Kernels.layerNorm}. */
export interface LayerNormGradients {
  /** [R, D]. */
  dx: Tensor2D;
  /** [D]. */
  dScale: Tensor1D;
  /** [D]. */
  dOffset: Tensor1D;
}

/**
 * The heavy tensor operations and their gradients, as one backend computes them.
 *
 * Every backend has all of them; models reach them only through the differentiable functions beside
 * this file (`linear`, `layerNorm`, …). All tensors are float32 and row-major. Results are new
 * tensors that the caller owns; inputs are neither changed nor disposed of. Nothing here records on
 * the gradient tape.
 */
export interface Kernels {
  /** `x · w + b`: x [R, in], w [in, out], b [out] or null for none; gives [R, out]. */
  linear(x: Tensor2D, w: Tensor2D, b: Tensor1D | null): Tensor2D;
  /** Gradients of {@linkcode Kernels.linear} from dy [R, out]; `needsDx` false skips dx. */
  linearGradients(x: Tensor2D, w: Tensor2D, dy: Tensor2D, needsDx: boolean): LinearGradients;
  /**
   * Normalises each row of x [R, D] by its mean and biased variance (`(x − μ)/√(σ² + ε)`), then
   * scales and shifts. `statistics` [R, 2] holds the row's mean and 1/√(σ² + ε).
   */
  layerNorm(
    x: Tensor2D,
    scale: Tensor1D,
    offset: Tensor1D,
    epsilon: number,
  ): { y: Tensor2D; statistics: Tensor2D };
  /** Gradients of {@linkcode Kernels.layerNorm} from dy [R, D]. */
  layerNormGradients(
    x: Tensor2D,
    scale: Tensor1D,
    statistics: Tensor2D,
    dy: Tensor2D,
  ): LayerNormGradients;
  /** Exact GELU, `x · ½(1 + erf(x/√2))`, of a tensor of any shape. */
  gelu<T extends Tensor>(x: T): T;
  /** Gradient of {@linkcode Kernels.gelu}: `dy · (Φ(x) + x·φ(x))`. */
  geluGradient<T extends Tensor>(x: T, dy: T): T;
  /**
   * Multi-head self-attention on packed queries, keys and values.
   *
   * @param qkv [B, N, 3D]: q in columns 0…D−1, k in D…2D−1, v in 2D…3D−1; head i has the columns
   * i·d … (i+1)·d−1 of each third, d = D/heads
   * @returns `y` [B, N, D], heads side by side, softmax of `q·kᵀ/√d` times v; `saved` is whatever the
   * gradient of the same backend wants back
   */
  attention(qkv: Tensor3D, heads: number): { y: Tensor3D; saved: Tensor };
  /** Gradient of {@linkcode Kernels.attention} with respect to qkv [B, N, 3D], from dy [B, N, D]. */
  attentionGradient(qkv: Tensor3D, heads: number, saved: Tensor, dy: Tensor3D): Tensor3D;
  /** Rows of each sample: x [B, N, D], index int32 [B, K] gives [B, K, D]. */
  gatherRows(x: Tensor3D, index: Tensor2D): Tensor3D;
  /**
   * The transpose of {@linkcode Kernels.gatherRows}: [B, N, D] that is zero except for the rows that
   * `index` names. The indices of a sample are distinct.
   */
  scatterRows(x: Tensor3D, index: Tensor2D, rows: number): Tensor3D;
}
