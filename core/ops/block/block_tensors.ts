import type * as tf from "@tensorflow/tfjs-core";

/** The tensors of a pre-norm transformer block of width D and hidden width H. */
export interface BlockTensors<Vector = tf.Tensor1D, Matrix = tf.Tensor2D> {
  /** [D], of the norm before attention. */
  attentionScale: Vector;
  /** [D], of the norm before attention. */
  attentionOffset: Vector;
  /** [D]. */
  queryBias: Vector;
  /** [D]. */
  valueBias: Vector;
  /** [D, 3D]. */
  qkvWeight: Matrix;
  /** [D, D]. */
  outputWeight: Matrix;
  /** [D]. */
  outputBias: Vector;
  /** [D], of the norm before the MLP. */
  mlpScale: Vector;
  /** [D], of the norm before the MLP. */
  mlpOffset: Vector;
  /** [D, H]. */
  expandWeight: Matrix;
  /** [H]. */
  expandBias: Vector;
  /** [H, D]. */
  contractWeight: Matrix;
  /** [D]. */
  contractBias: Vector;
}

/** How a {@linkcode transformerBlock} computes. */
export interface BlockSettings {
  /** Attention heads; divides D. */
  heads: number;
  /** Added to the variance in the norms. */
  epsilon: number;
  /**
   * Keep only the block's input for the backward pass and run the block once more there: a thirteenth of
   * the memory for about a third more time, and the same values.
   */
  recompute: boolean;
  /** [B], what each sample's attention branch is multiplied with (stochastic depth); null for 1. */
  attentionFactors: tf.Tensor1D | null;
  /** [B], what each sample's MLP branch is multiplied with; null for 1. */
  mlpFactors: tf.Tensor1D | null;
}

/** The names of a block's tensors, in the order of their gradients. */
export const BLOCK_NAMES = [
  "attentionScale",
  "attentionOffset",
  "queryBias",
  "valueBias",
  "qkvWeight",
  "outputWeight",
  "outputBias",
  "mlpScale",
  "mlpOffset",
  "expandWeight",
  "expandBias",
  "contractWeight",
  "contractBias",
] as const satisfies readonly (keyof BlockTensors)[];
