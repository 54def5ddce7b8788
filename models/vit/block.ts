import * as tf from "@tensorflow/tfjs-core";
import {
  gelu,
  type Initializer,
  layerNorm,
  linear,
  type ParameterSpec,
  type RandomStream,
  type Scope,
  selfAttention,
  xavierUniform,
} from "@videoms/core";

/** Shape and regularisation of a stack of transformer blocks. */
export interface BlockOptions {
  /** Width of a token, D. */
  width: number;
  /** Attention heads; divides the width. */
  heads: number;
  /** Width of the hidden layer of the MLP over D. @default 4 */
  mlpRatio?: number;
  /** Initial value of the learned factors of both branches; 0 for no such factors. @default 0 */
  layerScale?: number;
  /** Added to the variance in layer norms. @default 1e-6 */
  normEpsilon?: number;
}

/** How the dense layers of a block are initialised. */
export type DenseInitializer = (inputs: number, outputs: number) => Initializer;

const ZERO: Initializer = { kind: "constant", value: 0 };
const ONE: Initializer = { kind: "constant", value: 1 };

/** The tensors of a layer norm. */
export function normSpecs(prefix: string, width: number): ParameterSpec[] {
  return [
    { name: `${prefix}.scale`, shape: [width], initializer: ONE },
    { name: `${prefix}.offset`, shape: [width], initializer: ZERO },
  ];
}

/** The tensors of a dense layer with a bias of zero. */
export function denseSpecs(
  prefix: string,
  inputs: number,
  outputs: number,
  dense: DenseInitializer = xavierUniform,
): ParameterSpec[] {
  return [
    { name: `${prefix}.weight`, shape: [inputs, outputs], initializer: dense(inputs, outputs) },
    { name: `${prefix}.bias`, shape: [outputs], initializer: ZERO },
  ];
}

/** Width of the hidden layer of the MLP. */
export function hiddenWidth({ width, mlpRatio = 4 }: BlockOptions): number {
  return Math.trunc(width * mlpRatio);
}

/** The tensors of one block. */
export function blockSpecs(
  prefix: string,
  options: BlockOptions,
  dense: DenseInitializer = xavierUniform,
): ParameterSpec[] {
  const { width, layerScale = 0 } = options;
  const factor: Initializer = { kind: "constant", value: layerScale };
  const factors = layerScale > 0
    ? ["attentionFactor", "mlpFactor"].map((name) => ({
      name: `${prefix}.${name}`,
      shape: [width],
      initializer: factor,
    }))
    : [];
  return [
    ...factors,
    ...normSpecs(`${prefix}.attentionNorm`, width),
    // Queries and values have a bias, keys have none: it would not change the softmax.
    { name: `${prefix}.attention.queryBias`, shape: [width], initializer: ZERO },
    { name: `${prefix}.attention.valueBias`, shape: [width], initializer: ZERO },
    {
      name: `${prefix}.attention.qkvWeight`,
      shape: [width, 3 * width],
      initializer: dense(width, 3 * width),
    },
    ...denseSpecs(`${prefix}.attention.output`, width, width, dense),
    ...normSpecs(`${prefix}.mlpNorm`, width),
    ...denseSpecs(`${prefix}.mlp.expand`, width, hiddenWidth(options), dense),
    ...denseSpecs(`${prefix}.mlp.contract`, hiddenWidth(options), width, dense),
  ];
}

/**
 * Stochastic depth (Huang et al.: arXiv 1603.09382): whether each clip keeps each branch of a block.
 */
export interface DropPath {
  /** Probability that a branch is dropped. */
  rate: number;
  /** One stream per clip of the batch. */
  random: readonly RandomStream[];
}

/** Rate of block `index` of `depth`: linear from 0 at the first to `rate` at the last. */
export function dropPathRate(rate: number, index: number, depth: number): number {
  return depth === 1 ? rate : rate * index / (depth - 1);
}

/** x [B, N, D] with whole clips zeroed, the others scaled so that the mean stays. */
function dropBranch(x: tf.Tensor3D, drop: DropPath | null): tf.Tensor3D {
  if (drop === null || drop.rate === 0) return x;
  const keep = 1 - drop.rate;
  const factors = drop.random.map((stream) => stream.uniform() < keep ? 1 / keep : 0);
  return tf.mul(x, tf.tensor3d(factors, [factors.length, 1, 1]));
}

/**
 * One pre-norm transformer block.
 *
 * @param x tokens [B, N, D]
 * @param p the block's tensors
 * @param drop stochastic depth of this block, or null for none
 * @returns [B, N, D]
 */
export function transformerBlock(
  x: tf.Tensor3D,
  p: Scope,
  options: BlockOptions,
  drop: DropPath | null = null,
): tf.Tensor3D {
  const { heads, layerScale = 0, normEpsilon = 1e-6 } = options;
  const norm = (y: tf.Tensor3D, name: string): tf.Tensor3D =>
    layerNorm(y, p(`${name}.scale`), p(`${name}.offset`), normEpsilon);
  const branch = (y: tf.Tensor3D, factor: string): tf.Tensor3D =>
    dropBranch(layerScale > 0 ? tf.mul(y, p(factor)) : y, drop);
  const attended = attention(norm(x, "attentionNorm"), p, heads);
  const y: tf.Tensor3D = tf.add(x, branch(attended, "attentionFactor"));
  const transformed = mlp(norm(y, "mlpNorm"), p);
  return tf.add(y, branch(transformed, "mlpFactor"));
}

function attention(x: tf.Tensor3D, p: Scope, heads: number): tf.Tensor3D {
  const queryBias = p<tf.Tensor1D>("attention.queryBias");
  const bias = tf.concat([queryBias, tf.zerosLike(queryBias), p("attention.valueBias")]);
  const qkv = linear(x, p("attention.qkvWeight"), bias as tf.Tensor1D);
  const mixed = selfAttention(qkv, heads);
  return linear(mixed, p("attention.output.weight"), p("attention.output.bias"));
}

function mlp(x: tf.Tensor3D, p: Scope): tf.Tensor3D {
  const hidden = gelu(linear(x, p("mlp.expand.weight"), p("mlp.expand.bias")));
  return linear(hidden, p("mlp.contract.weight"), p("mlp.contract.bias"));
}
