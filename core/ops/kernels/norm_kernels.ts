import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";

/** Gradients of {@linkcode NormKernels.layerNorm}. */
export interface LayerNormGradients {
  /** [R, D]. */
  dx: Tensor2D;
  /** [D]. */
  dScale: Tensor1D;
  /** [D]. */
  dOffset: Tensor1D;
}

/** Layer normalisation. */
export interface NormKernels {
  /**
   * Normalises each row of x [R, D] by its mean and biased variance (`(x − μ)/√(σ² + ε)`), then applies
   * weight and bias. `statistics` [R, 2] holds the row's mean and 1/√(σ² + ε).
   */
  layerNorm(
    x: Tensor2D,
    scale: Tensor1D,
    offset: Tensor1D,
    epsilon: number,
  ): { y: Tensor2D; statistics: Tensor2D };
  /**
   * Gradients of {@linkcode NormKernels.layerNorm} from dy [R, D]. `residual` [R, D], the gradient of the
   * skip connection, is added to dx.
   */
  layerNormGradients(
    x: Tensor2D,
    scale: Tensor1D,
    statistics: Tensor2D,
    dy: Tensor2D,
    residual?: Tensor2D | null,
  ): LayerNormGradients;
}
