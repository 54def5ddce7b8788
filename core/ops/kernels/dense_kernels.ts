import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";

/** Gradients of {@linkcode DenseKernels.linear}. */
export interface LinearGradients {
  /** [R, in], or null if not requested. */
  dx: Tensor2D | null;
  /** [in, out]. */
  dw: Tensor2D;
  /** [out]. */
  db: Tensor1D;
}

/** Residual of {@linkcode DenseKernels.linear}. */
export interface LinearResidual {
  /** [R, out]. */
  residual: Tensor2D;
  /**
   * [B], with B a divisor of R: factor of the product and its bias for the R/B rows of each sample.
   * @default all 1
   */
  factors?: Tensor1D | null;
}

/** Dense layers and GELU. */
export interface DenseKernels {
  /**
   * `x · w + b`: x [R, in], w [in, out], b [out] or null for none; gives [R, out]. With `add`,
   * `residual + factor · (x · w + b)`.
   */
  linear(x: Tensor2D, w: Tensor2D, b: Tensor1D | null, add?: LinearResidual): Tensor2D;
  /** Gradients of {@linkcode DenseKernels.linear} without `add`, from dy [R, out]. */
  linearGradients(x: Tensor2D, w: Tensor2D, dy: Tensor2D, needsDx: boolean): LinearGradients;
  /** A dense layer and its GELU: `pre = x · w + b` and `y = gelu(pre)`, both [R, out]. */
  linearGelu(x: Tensor2D, w: Tensor2D, b: Tensor1D): { pre: Tensor2D; y: Tensor2D };
  /**
   * Gradients of `gelu(pre) · w + b` from dy [R, out]: `dx` is that of `pre` [R, in], of which `gelu(pre)` is
   * recomputed.
   */
  geluLinearGradients(
    pre: Tensor2D,
    w: Tensor2D,
    dy: Tensor2D,
  ): { dx: Tensor2D; dw: Tensor2D; db: Tensor1D };
  /** Rows of x [R, D] times the factor of their sample, factors [B]. */
  scaleSamples(x: Tensor2D, factors: Tensor1D): Tensor2D;
  /** Exact GELU, `x · ½(1 + erf(x/√2))`, of a tensor of any shape. */
  gelu<T extends Tensor>(x: T): T;
  /** Gradient of {@linkcode DenseKernels.gelu}: `dy · (Φ(x) + x·φ(x))`. */
  geluGradient<T extends Tensor>(x: T, dy: T): T;
}
