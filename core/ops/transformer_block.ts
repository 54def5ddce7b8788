import * as tf from "@tensorflow/tfjs-core";
import { activeKernels } from "./active_kernels.ts";
import { differentiable } from "./differentiable.ts";
import type { Kernels } from "./kernels/kernels.ts";

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
const NAMES = [
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

/**
 * What the backward pass of a block needs, beside its tensors. With T = B·N·D values: 12 T, and what
 * attention saves (at most 3 T in a fused form).
 */
interface Kept {
  x: tf.Tensor2D;
  normal: tf.Tensor2D;
  statistics: tf.Tensor2D;
  /** Packed queries, keys and values. */
  qkv: tf.Tensor3D;
  attended: tf.Tensor3D;
  attentionSaved: tf.Tensor;
  /** After the attention branch was added. */
  middle: tf.Tensor2D;
  middleNormal: tf.Tensor2D;
  middleStatistics: tf.Tensor2D;
  /** The hidden layer before its GELU. */
  hidden: tf.Tensor2D;
}

const KEPT_NAMES = [
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

/** Rows [B·N, D] as [B, N, D] and back cost nothing: they share their values. */
function rowsOf(x: tf.Tensor): tf.Tensor2D {
  return tf.reshape(x, [-1, x.shape[x.rank - 1]]);
}

function forward(
  kernels: Kernels,
  x: tf.Tensor2D,
  samples: number,
  p: BlockTensors,
  { heads, epsilon, attentionFactors, mlpFactors }: BlockSettings,
): { y: tf.Tensor2D; kept: Kept } {
  const first = kernels.layerNorm(x, p.attentionScale, p.attentionOffset, epsilon);
  const bias = kernels.packBiases(p.queryBias, p.valueBias);
  const packed = kernels.linear(first.y, p.qkvWeight, bias);
  bias.dispose();
  const qkv = tf.reshape(packed, [samples, -1, packed.shape[1]]) as tf.Tensor3D;
  packed.dispose();
  const attention = kernels.attention(qkv, heads);
  const attended = rowsOf(attention.y);
  const middle = kernels.linear(attended, p.outputWeight, p.outputBias, {
    residual: x,
    factors: attentionFactors,
  });
  attended.dispose();
  const second = kernels.layerNorm(middle, p.mlpScale, p.mlpOffset, epsilon);
  const hidden = kernels.linearGelu(second.y, p.expandWeight, p.expandBias);
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

/** A branch's gradient: that of the sum, times the sample's factor. The caller owns the result. */
function branchGradient(
  kernels: Kernels,
  dy: tf.Tensor2D,
  factors: tf.Tensor1D | null,
): tf.Tensor2D {
  return factors ? kernels.scaleSamples(dy, factors) : dy.clone();
}

/** Gradients of the MLP branch; `dMiddle` is that of the branch's input and of the path past it. */
function mlpGradients(
  kernels: Kernels,
  dy: tf.Tensor2D,
  kept: Kept,
  p: BlockTensors,
  { mlpFactors }: BlockSettings,
) {
  const branch = branchGradient(kernels, dy, mlpFactors);
  const contract = kernels.geluLinearGradients(kept.hidden, p.contractWeight, branch);
  branch.dispose();
  const expand = kernels.linearGradients(kept.middleNormal, p.expandWeight, contract.dx, true);
  contract.dx.dispose();
  const { middle, middleStatistics } = kept;
  const norm = kernels.layerNormGradients(middle, p.mlpScale, middleStatistics, expand.dx!, dy);
  expand.dx!.dispose();
  return {
    dMiddle: norm.dx,
    gradients: {
      mlpScale: norm.dScale,
      mlpOffset: norm.dOffset,
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
  const branch = branchGradient(kernels, dMiddle, attentionFactors);
  const rows = rowsOf(attended);
  const output = kernels.linearGradients(rows, p.outputWeight, branch, true);
  tf.dispose([branch, rows]);
  const dAttended = tf.reshape(output.dx!, attended.shape) as tf.Tensor3D;
  const dQkv = kernels.attentionGradient(qkv, heads, attended, attentionSaved, dAttended);
  tf.dispose([dAttended, output.dx!]);
  const dPacked = rowsOf(dQkv);
  const packed = kernels.linearGradients(normal, p.qkvWeight, dPacked, true);
  tf.dispose([dQkv, dPacked]);
  const biases = kernels.unpackBiases(packed.db);
  packed.db.dispose();
  const norm = kernels.layerNormGradients(x, p.attentionScale, statistics, packed.dx!, dMiddle);
  packed.dx!.dispose();
  return {
    dx: norm.dx,
    gradients: {
      attentionScale: norm.dScale,
      attentionOffset: norm.dOffset,
      queryBias: biases.query,
      valueBias: biases.value,
      qkvWeight: packed.dw,
      outputWeight: output.dw,
      outputBias: output.db,
    },
  };
}

/**
 * A pre-norm transformer block (Vaswani et al.: arXiv 1706.03762; Dosovitskiy et al.: arXiv 2010.11929):
 * `m = x + attention(norm(x))`, `y = m + mlp(norm(m))`, with GELU. One operation with a backward pass of
 * its own: it keeps 12 to 15 times its input for it, where a tape of the single operations keeps more
 * than 30 times.
 *
 * @param x tokens [B, N, D]
 * @returns [B, N, D]
 */
export function transformerBlock(
  x: tf.Tensor3D,
  tensors: BlockTensors,
  settings: BlockSettings,
): tf.Tensor3D {
  const [samples] = x.shape;
  const rows = rowsOf(x);
  const parameters = NAMES.map((name) => tensors[name]);
  const extra = [settings.attentionFactors, settings.mlpFactors].filter((f) => f !== null);
  const y = differentiable<tf.Tensor2D>(
    [rows, ...parameters],
    () => {
      const { y, kept } = forward(activeKernels(), rows, samples, tensors, settings);
      if (!settings.recompute) {
        return {
          value: y,
          saved: [...KEPT_NAMES.map((name) => kept[name]), ...parameters, ...extra],
        };
      }
      KEPT_NAMES.forEach((name) => kept[name] !== rows && kept[name].dispose());
      return { value: y, saved: [rows, ...parameters, ...extra] };
    },
    (dy, saved) => backward(dy, saved, samples, settings),
  );
  return tf.reshape(y, x.shape);
}

/** Gradients of x and of the tensors, in order, from what the forward pass saved. */
function backward(
  dy: tf.Tensor2D,
  saved: tf.Tensor[],
  samples: number,
  settings: BlockSettings,
): tf.Tensor[] {
  const kernels = activeKernels();
  const rest = [...saved];
  const keptTensors = rest.splice(0, settings.recompute ? 1 : KEPT_NAMES.length);
  const p = Object.fromEntries(
    NAMES.map((name) => [name, rest.shift()]),
  ) as unknown as BlockTensors;
  const own: BlockSettings = {
    ...settings,
    attentionFactors: settings.attentionFactors && rest.shift() as tf.Tensor1D,
    mlpFactors: settings.mlpFactors && rest.shift() as tf.Tensor1D,
  };
  let kept: Kept;
  if (settings.recompute) {
    const again = forward(kernels, keptTensors[0] as tf.Tensor2D, samples, p, own);
    again.y.dispose();
    kept = again.kept;
  } else {
    kept = Object.fromEntries(
      KEPT_NAMES.map((name, i) => [name, keptTensors[i]]),
    ) as unknown as Kept;
  }
  const mlp = mlpGradients(kernels, dy, kept, p, own);
  const attention = attentionGradients(kernels, mlp.dMiddle, kept, p, own);
  mlp.dMiddle.dispose();
  if (settings.recompute) {
    KEPT_NAMES.forEach((name) => kept[name] !== keptTensors[0] && kept[name].dispose());
  }
  const gradients: Record<string, tf.Tensor> = { ...mlp.gradients, ...attention.gradients };
  return [attention.dx, ...NAMES.map((name) => gradients[name])];
}
