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
  /** Ratio of the MLP's hidden width to D. @default 4 */
  mlpRatio?: number;
  /** LayerScale: initial value of gamma in both branches; 0 for no LayerScale. @default 0 */
  layerScale?: number;
  /** Epsilon of the layer norms. @default 1e-6 */
  normEpsilon?: number;
}

/** Initialiser of the dense layers of a block. */
export type DenseInitializer = (inputs: number, outputs: number) => Initializer;

const ZERO: Initializer = { kind: "constant", value: 0 };
const ONE: Initializer = { kind: "constant", value: 1 };

/** The weight and bias of a layer norm. */
export function normSpecs(prefix: string, width: number): ParameterSpec[] {
  return [
    { name: `${prefix}.weight`, shape: [width], initializer: ONE },
    { name: `${prefix}.bias`, shape: [width], initializer: ZERO },
  ];
}

/** The tensors of a dense layer whose bias starts at zero. */
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

/** Hidden width of the MLP. */
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
    ? ["attentionGamma", "mlpGamma"].map((name) => ({
      name: `${prefix}.${name}`,
      shape: [width],
      initializer: factor,
    }))
    : [];
  return [
    ...factors,
    ...normSpecs(`${prefix}.attentionNorm`, width),
    // Keys have no bias, since it would not change the softmax.
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
  /** Drop probability of a branch. */
  rate: number;
  /** One stream per clip of the batch. */
  random: readonly RandomStream[];
}

/** Drop path rate of block `index` of `depth`: linear from 0 for the first to `rate` for the last. */
export function dropPathRate(rate: number, index: number, depth: number): number {
  return depth === 1 ? rate : rate * index / (depth - 1);
}

/**
 * The factor of each clip's branch, [B]: 0 if it is dropped, otherwise 1/(1 − rate), which keeps the
 * expectation; null for 1.
 */
function branchFactors(drop: DropPath | null): number[] | null {
  if (drop === null || drop.rate === 0) return null;
  const keep = 1 - drop.rate;
  return drop.random.map((stream) => stream.uniform() < keep ? 1 / keep : 0);
}

/** The block's tensors under the names of the fused operation. */
function fusedTensors(p: Scope): BlockTensors {
  return {
    attentionNormWeight: p("attentionNorm.weight"),
    attentionNormBias: p("attentionNorm.bias"),
    queryBias: p("attention.queryBias"),
    valueBias: p("attention.valueBias"),
    qkvWeight: p("attention.qkvWeight"),
    outputWeight: p("attention.output.weight"),
    outputBias: p("attention.output.bias"),
    mlpNormWeight: p("mlpNorm.weight"),
    mlpNormBias: p("mlpNorm.bias"),
    expandWeight: p("mlp.expand.weight"),
    expandBias: p("mlp.expand.bias"),
    contractWeight: p("mlp.contract.weight"),
    contractBias: p("mlp.contract.bias"),
  };
}

/** Options of {@linkcode runBlock}. */
export interface BlockRun {
  /** Stochastic depth of this block, or null for none. @default null */
  drop?: DropPath | null;
  /** Activation checkpointing: keep only the block's input for the backward pass. @default false */
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

/** A composed block with activation checkpointing. */
function recomputed(
  x: tf.Tensor3D,
  p: Scope,
  options: BlockOptions,
  block: (x: tf.Tensor3D, p: Scope) => tf.Tensor3D,
): tf.Tensor3D {
  const names = blockSpecs("block", options).map(({ name }) => name.slice("block.".length));
  // Parameters must be inputs too: captured tensors would get no gradient.
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

/** The block as single operations: the same as the fused one, plus LayerScale, which that one lacks. */
export function composedBlock(
  x: tf.Tensor3D,
  p: Scope,
  options: BlockOptions,
  [attentionFactors, mlpFactors]: readonly (readonly number[] | null)[] = [null, null],
): tf.Tensor3D {
  const { heads, layerScale = 0, normEpsilon = 1e-6 } = options;
  const norm = (y: tf.Tensor3D, name: string): tf.Tensor3D =>
    layerNorm(y, p(`${name}.weight`), p(`${name}.bias`), normEpsilon);
  const learned = (y: tf.Tensor3D, factor: string): tf.Tensor3D =>
    layerScale > 0 ? tf.mul(y, p(factor)) : y;
  const attended = attention(norm(x, "attentionNorm"), p, heads);
  const y: tf.Tensor3D = tf.add(
    x,
    scaleClips(learned(attended, "attentionGamma"), attentionFactors),
  );
  const transformed = mlp(norm(y, "mlpNorm"), p);
  return tf.add(y, scaleClips(learned(transformed, "mlpGamma"), mlpFactors));
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
