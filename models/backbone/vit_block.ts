import * as tf from "@tensorflow/tfjs-core";
import {
  type BlockTensors,
  gelu,
  type Initializer,
  layerNorm,
  linear,
  packBiases,
  type ParameterSpec,
  type RandomStream,
  recompute,
  type Scope,
  selfAttention,
  transformerBlock,
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

/**
 * What each clip's branch is multiplied with, [B]: 0 where it is dropped, else so much that the mean
 * stays; null for 1.
 */
function branchFactors(drop: DropPath | null): number[] | null {
  if (drop === null || drop.rate === 0) return null;
  const keep = 1 - drop.rate;
  return drop.random.map((stream) => stream.uniform() < keep ? 1 / keep : 0);
}

/** The block's tensors as the fused operation calls them. */
function fusedTensors(p: Scope): BlockTensors {
  return {
    attentionScale: p("attentionNorm.scale"),
    attentionOffset: p("attentionNorm.offset"),
    queryBias: p("attention.queryBias"),
    valueBias: p("attention.valueBias"),
    qkvWeight: p("attention.qkvWeight"),
    outputWeight: p("attention.output.weight"),
    outputBias: p("attention.output.bias"),
    mlpScale: p("mlpNorm.scale"),
    mlpOffset: p("mlpNorm.offset"),
    expandWeight: p("mlp.expand.weight"),
    expandBias: p("mlp.expand.bias"),
    contractWeight: p("mlp.contract.weight"),
    contractBias: p("mlp.contract.bias"),
  };
}

/** How {@linkcode runBlock} runs. */
export interface BlockRun {
  /** Stochastic depth of this block, or null for none. @default null */
  drop?: DropPath | null;
  /** Keep only the block's input for the backward pass. @default false */
  recompute?: boolean;
}

/**
 * One pre-norm transformer block.
 *
 * @param x tokens [B, N, D]
 * @param p the block's tensors
 * @returns [B, N, D]
 */
export function runBlock(
  x: tf.Tensor3D,
  p: Scope,
  options: BlockOptions,
  { drop = null, recompute: again = false }: BlockRun = {},
): tf.Tensor3D {
  const { heads, layerScale = 0, normEpsilon = 1e-6 } = options;
  const factors = [branchFactors(drop), branchFactors(drop)];
  if (layerScale === 0) {
    const settings = { heads, epsilon: normEpsilon, recompute: again };
    const [attentionFactors, mlpFactors] = factors.map((row) => row && tf.tensor1d(row));
    return transformerBlock(x, fusedTensors(p), { ...settings, attentionFactors, mlpFactors });
  }
  const compose = (x: tf.Tensor3D, p: Scope) => composedBlock(x, p, options, factors);
  return again ? recomputed(x, p, options, compose) : compose(x, p);
}

/** A composed block that keeps nothing but its input for the backward pass. */
function recomputed(
  x: tf.Tensor3D,
  p: Scope,
  options: BlockOptions,
  block: (x: tf.Tensor3D, p: Scope) => tf.Tensor3D,
): tf.Tensor3D {
  const names = blockSpecs("block", options).map(({ name }) => name.slice("block.".length));
  // The parameters are inputs too: what the function captured would get no gradient.
  return recompute([x, ...names.map((name) => p(name))], (y, ...tensors) => {
    const byName = new Map(names.map((name, i) => [name, tensors[i]]));
    const lookup: Scope = <T extends tf.Tensor>(name: string) => byName.get(name) as T;
    return block(y as tf.Tensor3D, lookup);
  });
}

/** x [B, N, D] with each clip multiplied by its factor. */
function scaleClips(x: tf.Tensor3D, factors: readonly number[] | null): tf.Tensor3D {
  return factors ? tf.mul(x, tf.tensor3d([...factors], [factors.length, 1, 1])) : x;
}

/**
 * The block out of single operations: what the fused one computes, and learned factors of both
 * branches, which that one has not.
 */
export function composedBlock(
  x: tf.Tensor3D,
  p: Scope,
  options: BlockOptions,
  [attentionFactors, mlpFactors]: readonly (readonly number[] | null)[] = [null, null],
): tf.Tensor3D {
  const { heads, layerScale = 0, normEpsilon = 1e-6 } = options;
  const norm = (y: tf.Tensor3D, name: string): tf.Tensor3D =>
    layerNorm(y, p(`${name}.scale`), p(`${name}.offset`), normEpsilon);
  const learned = (y: tf.Tensor3D, factor: string): tf.Tensor3D =>
    layerScale > 0 ? tf.mul(y, p(factor)) : y;
  const attended = attention(norm(x, "attentionNorm"), p, heads);
  const y: tf.Tensor3D = tf.add(
    x,
    scaleClips(learned(attended, "attentionFactor"), attentionFactors),
  );
  const transformed = mlp(norm(y, "mlpNorm"), p);
  return tf.add(y, scaleClips(learned(transformed, "mlpFactor"), mlpFactors));
}

function attention(x: tf.Tensor3D, p: Scope, heads: number): tf.Tensor3D {
  const bias = packBiases(p("attention.queryBias"), p("attention.valueBias"));
  const qkv = linear(x, p("attention.qkvWeight"), bias);
  const mixed = selfAttention(qkv, heads);
  return linear(mixed, p("attention.output.weight"), p("attention.output.bias"));
}

function mlp(x: tf.Tensor3D, p: Scope): tf.Tensor3D {
  const hidden = gelu(linear(x, p("mlp.expand.weight"), p("mlp.expand.bias")));
  return linear(hidden, p("mlp.contract.weight"), p("mlp.contract.bias"));
}
