import * as tf from "@tensorflow/tfjs-core";
import type { Kernels } from "../kernels/kernels.ts";
import type { BlockSettings, BlockTensors } from "./block_tensors.ts";

/**
 * Activations that a block keeps for the backward pass. With T = B·N·D values: 12 T, plus what attention
 * saves (at most 3 T if fused). All but `x`, `middle`, the statistics and what attention saves may be stored
 * in half precision ({@linkcode Kernels.withinBlocks}): 10 of the 12 T.
 */
export interface Kept {
  x: tf.Tensor2D;
  normal: tf.Tensor2D;
  statistics: tf.Tensor2D;
  /** Packed queries, keys and values. */
  qkv: tf.Tensor3D;
  attended: tf.Tensor3D;
  attentionSaved: tf.Tensor;
  /** The sum after the attention branch. */
  middle: tf.Tensor2D;
  middleNormal: tf.Tensor2D;
  middleStatistics: tf.Tensor2D;
  /** The hidden layer before GELU. */
  hidden: tf.Tensor2D;
}

export const KEPT_NAMES = [
  "x",
  "normal",
  "statistics",
  "qkv",
  "attended",
  "attentionSaved",
  "middle",
  "middleNormal",
  "middleStatistics",
  "hidden",
] as const satisfies readonly (keyof Kept)[];

/** Reshaping rows [B·N, D] to [B, N, D] and back is free: they share values. */
export function rowsOf(x: tf.Tensor): tf.Tensor2D {
  return tf.reshape(x, [-1, x.shape[x.rank - 1]]);
}

/** The forward pass of a block over rows [B·N, D] of `samples` samples. */
export function blockForward(
  kernels: Kernels,
  x: tf.Tensor2D,
  samples: number,
  p: BlockTensors,
  { heads, epsilon, attentionFactors, mlpFactors }: BlockSettings,
): { y: tf.Tensor2D; kept: Kept } {
  const within = kernels.withinBlocks ?? kernels;
  const first = within.layerNorm(x, p.attentionNormWeight, p.attentionNormBias, epsilon);
  const bias = kernels.packBiases(p.queryBias, p.valueBias);
  const packed = within.linear(first.y, p.qkvWeight, bias);
  bias.dispose();
  const qkv = tf.reshape(packed, [samples, -1, packed.shape[1]]) as tf.Tensor3D;
  packed.dispose();
  const attention = within.attention(qkv, heads);
  const attended = rowsOf(attention.y);
  const middle = kernels.linear(attended, p.outputWeight, p.outputBias, {
    residual: x,
    factors: attentionFactors,
  });
  attended.dispose();
  const second = within.layerNorm(middle, p.mlpNormWeight, p.mlpNormBias, epsilon);
  const hidden = within.linearGelu(second.y, p.expandWeight, p.expandBias);
  const y = kernels.linear(hidden.y, p.contractWeight, p.contractBias, {
    residual: middle,
    factors: mlpFactors,
  });
  hidden.y.dispose();
  const kept = {
    x,
    normal: first.y,
    statistics: first.statistics,
    qkv,
    attended: attention.y,
    attentionSaved: attention.saved,
    middle,
    middleNormal: second.y,
    middleStatistics: second.statistics,
    hidden: hidden.pre,
  };
  return { y, kept };
}

/** A branch's gradient: that of the sum times the sample's factor. The caller owns a new one. */
function branchGradient(
  kernels: Kernels,
  dy: tf.Tensor2D,
  factors: tf.Tensor1D | null,
): tf.Tensor2D {
  return factors ? kernels.scaleSamples(dy, factors) : dy;
}

/** Gradients of the MLP branch; `dMiddle` combines the branch's input and the skip connection. */
function mlpGradients(
  kernels: Kernels,
  dy: tf.Tensor2D,
  kept: Kept,
  p: BlockTensors,
  { mlpFactors }: BlockSettings,
) {
  const within = kernels.withinBlocks ?? kernels;
  const branch = branchGradient(kernels, dy, mlpFactors);
  const contract = within.geluLinearGradients(kept.hidden, p.contractWeight, branch);
  if (branch !== dy) branch.dispose();
  const expand = within.linearGradients(kept.middleNormal, p.expandWeight, contract.dx, true);
  contract.dx.dispose();
  const { middle, middleStatistics } = kept;
  const norm = kernels.layerNormGradients(
    middle,
    p.mlpNormWeight,
    middleStatistics,
    expand.dx!,
    dy,
  );
  expand.dx!.dispose();
  return {
    dMiddle: norm.dx,
    gradients: {
      mlpNormWeight: norm.dScale,
      mlpNormBias: norm.dOffset,
      expandWeight: expand.dw,
      expandBias: expand.db,
      contractWeight: contract.dw,
      contractBias: contract.db,
    },
  };
}

/** Gradients of the attention branch; `dx` is that of the block's input. */
function attentionGradients(
  kernels: Kernels,
  dMiddle: tf.Tensor2D,
  kept: Kept,
  p: BlockTensors,
  { heads, attentionFactors }: BlockSettings,
) {
  const { x, normal, statistics, qkv, attended, attentionSaved } = kept;
  const within = kernels.withinBlocks ?? kernels;
  const branch = branchGradient(kernels, dMiddle, attentionFactors);
  const rows = rowsOf(attended);
  const output = within.linearGradients(rows, p.outputWeight, branch, true);
  if (branch !== dMiddle) branch.dispose();
  rows.dispose();
  const dAttended = tf.reshape(output.dx!, attended.shape) as tf.Tensor3D;
  const dQkv = within.attentionGradient(qkv, heads, attended, attentionSaved, dAttended);
  tf.dispose([dAttended, output.dx!]);
  const dPacked = rowsOf(dQkv);
  const packed = within.linearGradients(normal, p.qkvWeight, dPacked, true);
  tf.dispose([dQkv, dPacked]);
  const biases = kernels.unpackBiases(packed.db);
  packed.db.dispose();
  const norm = kernels.layerNormGradients(
    x,
    p.attentionNormWeight,
    statistics,
    packed.dx!,
    dMiddle,
  );
  packed.dx!.dispose();
  return {
    dx: norm.dx,
    gradients: {
      attentionNormWeight: norm.dScale,
      attentionNormBias: norm.dOffset,
      queryBias: biases.query,
      valueBias: biases.value,
      qkvWeight: packed.dw,
      outputWeight: output.dw,
      outputBias: output.db,
    },
  };
}

/** The backward pass of a block: the gradient of its input, and those of its tensors by name. */
export function blockGradients(
  kernels: Kernels,
  dy: tf.Tensor2D,
  kept: Kept,
  p: BlockTensors,
  settings: BlockSettings,
): { dx: tf.Tensor2D; gradients: Record<keyof BlockTensors, tf.Tensor> } {
  const mlp = mlpGradients(kernels, dy, kept, p, settings);
  const attention = attentionGradients(kernels, mlp.dMiddle, kept, p, settings);
  mlp.dMiddle.dispose();
  return { dx: attention.dx, gradients: { ...mlp.gradients, ...attention.gradients } };
}
