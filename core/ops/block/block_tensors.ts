import type * as tf from "@tensorflow/tfjs-core";

/** The tensors of a pre-norm transformer block of width D and hidden width H. */
export interface BlockTensors<Vector = tf.Tensor1D, Matrix = tf.Tensor2D> {
  /** [D], of the norm before attention. */
  attentionNormWeight: Vector;
  /** [D], of the norm before attention. */
  attentionNormBias: Vector;
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
  mlpNormWeight: Vector;
  /** [D], of the norm before the MLP. */
  mlpNormBias: Vector;
  /** [D, H]. */
  expandWeight: Matrix;
  /** [H]. */
  expandBias: Vector;
  /** [H, D]. */
  contractWeight: Matrix;
  /** [D]. */
  contractBias: Vector;
}

/** Options of {@linkcode transformerBlock}. */
export interface BlockSettings {
  /** Attention heads; divides D. */
  heads: number;
  /** Epsilon of the layer norms. */
  epsilon: number;
  /**
   * Activation checkpointing: keep only the block's input and run the block again in the backward pass. A
   * thirteenth of the memory for about a third more time, with the same values.
   */
  recompute: boolean;
  /** [B], factor of each sample's attention branch (stochastic depth); null for 1. */
  attentionFactors: tf.Tensor1D | null;
  /** [B], factor of each sample's MLP branch; null for 1. */
  mlpFactors: tf.Tensor1D | null;
}

/** The names of a block's tensors, in the order of their gradients. */
export const BLOCK_NAMES = [
  "attentionNormWeight",
  "attentionNormBias",
  "queryBias",
  "valueBias",
  "qkvWeight",
  "outputWeight",
  "outputBias",
  "mlpNormWeight",
  "mlpNormBias",
  "expandWeight",
  "expandBias",
  "contractWeight",
  "contractBias",
] as const satisfies readonly (keyof BlockTensors)[];
