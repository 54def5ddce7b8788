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
  rotateHeads,
  type Rotation,
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
  /**
   * Whether keys have a bias, which matters only where something is done to keys before attention, such as a rotation.
   * @default false
   */
  keyBias?: boolean;
  /** Whether queries and keys are normalised, head by head, before attention. @default false */
  qkNorm?: boolean;
  /** Whether the hidden layer of the MLP is GELU or gated by SiLU, of two thirds the width. @default "gelu" */
  mlp?: MlpKind;
}

/** Kinds of MLP: GELU, and SwiGLU (Shazeer: arXiv 2002.05202). */
export const MLP_KINDS = ["gelu", "swiglu"] as const;

/** One of {@linkcode MLP_KINDS}. */
export type MlpKind = typeof MLP_KINDS[number];

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

/** Hidden width of the MLP; with SwiGLU about two thirds of it, for as many weights, rounded up to a multiple of 8. */
export function hiddenWidth({ width, mlpRatio = 4, mlp = "gelu" }: BlockOptions): number {
  const full = Math.trunc(width * mlpRatio);
  return mlp === "gelu" ? full : 8 * Math.ceil(Math.trunc(full * 2 / 3) / 8);
}

/** The tensors of one block. */
export function blockSpecs(
  prefix: string,
  options: BlockOptions,
  dense: DenseInitializer = xavierUniform,
): ParameterSpec[] {
  const { width, heads, layerScale = 0, keyBias = false, qkNorm = false, mlp = "gelu" } = options;
  const hidden = hiddenWidth(options);
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
    // Without a rotation keys have no bias, since it would not change the softmax.
    ...["query", ...keyBias ? ["key"] : [], "value"].map((part) => (
      { name: `${prefix}.attention.${part}Bias`, shape: [width], initializer: ZERO }
    )),
    ...(qkNorm ? ["query", "key"] : []).flatMap((part) =>
      normSpecs(`${prefix}.attention.${part}Norm`, width / heads)
    ),
    {
      name: `${prefix}.attention.qkvWeight`,
      shape: [width, 3 * width],
      initializer: dense(width, 3 * width),
    },
    ...denseSpecs(`${prefix}.attention.output`, width, width, dense),
    ...normSpecs(`${prefix}.mlpNorm`, width),
    ...denseSpecs(`${prefix}.mlp.expand`, width, mlp === "gelu" ? hidden : 2 * hidden, dense),
    ...denseSpecs(`${prefix}.mlp.contract`, hidden, width, dense),
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
  /** How queries and keys of the tokens are rotated; the block must have a key bias. @default not at all */
  rotation?: Rotation | null;
}

/**
 * Whether a block that rotates nothing is one fused operation, which a device computes in half precision where it was
 * opened so; others are composed of operations in float32.
 */
export function isFusedBlock(
  { layerScale = 0, keyBias = false, qkNorm = false, mlp = "gelu" }: BlockOptions,
): boolean {
  return layerScale === 0 && !keyBias && !qkNorm && mlp === "gelu";
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
  { drop = null, recompute: again = false, rotation = null }: BlockRun = {},
): tf.Tensor3D {
  const { heads, normEpsilon = 1e-6 } = options;
  const factors = [branchFactors(drop), branchFactors(drop)];
  if (!rotation && isFusedBlock(options)) {
    const settings = { heads, epsilon: normEpsilon, recompute: again };
    const [attentionFactors, mlpFactors] = factors.map((row) => row && tf.tensor1d(row));
    return transformerBlock(x, fusedTensors(p), { ...settings, attentionFactors, mlpFactors });
  }
  const compose: ComposedBlock = (x, p, rotation) =>
    composedBlock(x, p, options, { factors, rotation });
  return again ? recomputed(x, p, options, compose, rotation) : compose(x, p, rotation);
}

type ComposedBlock = (x: tf.Tensor3D, p: Scope, rotation: Rotation | null) => tf.Tensor3D;

/** A composed block with activation checkpointing. */
function recomputed(
  x: tf.Tensor3D,
  p: Scope,
  options: BlockOptions,
  block: ComposedBlock,
  rotation: Rotation | null,
): tf.Tensor3D {
  const names = blockSpecs("block", options).map(({ name }) => name.slice("block.".length));
  // Parameters must be inputs too: captured tensors would get no gradient.
  const run = (y: tf.Tensor, ...tensors: tf.Tensor[]) => {
    const byName = new Map(names.map((name, i) => [name, tensors[i]]));
    const lookup: Scope = <T extends tf.Tensor>(name: string) => byName.get(name) as T;
    const [cos, sin] = tensors.slice(names.length) as tf.Tensor3D[];
    return block(y as tf.Tensor3D, lookup, rotation && { cos, sin });
  };
  const constants = rotation ? [rotation.cos, rotation.sin] : [];
  return recompute([x, ...names.map((name) => p(name))], run, constants);
}

/** x [B, N, D] with each clip multiplied by its factor. */
function scaleClips(x: tf.Tensor3D, factors: readonly number[] | null): tf.Tensor3D {
  return factors ? tf.mul(x, tf.tensor3d([...factors], [factors.length, 1, 1])) : x;
}

/** The block as single operations: the same as the fused one, plus what that one lacks. */
export function composedBlock(
  x: tf.Tensor3D,
  p: Scope,
  options: BlockOptions,
  { factors: [attentionFactors, mlpFactors] = [null, null], rotation = null }: {
    factors?: readonly (readonly number[] | null)[];
    rotation?: Rotation | null;
  } = {},
): tf.Tensor3D {
  const { layerScale = 0, normEpsilon = 1e-6 } = options;
  const norm = (y: tf.Tensor3D, name: string): tf.Tensor3D =>
    layerNorm(y, p(`${name}.weight`), p(`${name}.bias`), normEpsilon);
  const learned = (y: tf.Tensor3D, factor: string): tf.Tensor3D =>
    layerScale > 0 ? tf.mul(y, p(factor)) : y;
  const attended = attention(norm(x, "attentionNorm"), p, options, rotation);
  const y: tf.Tensor3D = tf.add(
    x,
    scaleClips(learned(attended, "attentionGamma"), attentionFactors),
  );
  const transformed = mlp(norm(y, "mlpNorm"), p, options);
  return tf.add(y, scaleClips(learned(transformed, "mlpGamma"), mlpFactors));
}

function attention(
  x: tf.Tensor3D,
  p: Scope,
  options: BlockOptions,
  rotation: Rotation | null,
): tf.Tensor3D {
  const { heads, keyBias, qkNorm } = options;
  const part = (name: string): tf.Tensor1D => p(`attention.${name}Bias`);
  const bias = keyBias
    ? tf.concat1d(["query", "key", "value"].map(part))
    : packBiases(part("query"), part("value"));
  const packed = linear(x, p("attention.qkvWeight"), bias);
  const qkv = qkNorm ? normalizedHeads(packed, p, options) : packed;
  const mixed = selfAttention(rotation ? rotateHeads(qkv, rotation, heads) : qkv, heads);
  return linear(mixed, p("attention.output.weight"), p("attention.output.bias"));
}

/** Packed queries, keys and values [B, N, 3D] with each head of queries and keys normalised. */
function normalizedHeads(
  qkv: tf.Tensor3D,
  p: Scope,
  { width, heads, normEpsilon }: BlockOptions,
): tf.Tensor3D {
  const parts = tf.split(qkv, 3, 2);
  const [query, key] = ["query", "key"].map((part, third) => {
    const byHead = tf.reshape(parts[third], [-1, width / heads]);
    const norm = (name: string): tf.Tensor1D => p(`attention.${part}Norm.${name}`);
    return tf.reshape(
      layerNorm(byHead, norm("weight"), norm("bias"), normEpsilon),
      parts[third].shape,
    );
  });
  return tf.concat([query, key, parts[2]], 2) as tf.Tensor3D;
}

function mlp(x: tf.Tensor3D, p: Scope, { mlp = "gelu" }: BlockOptions): tf.Tensor3D {
  const expanded = linear(x, p("mlp.expand.weight"), p("mlp.expand.bias"));
  const hidden = mlp === "gelu" ? gelu(expanded) : gated(expanded);
  return linear(hidden, p("mlp.contract.weight"), p("mlp.contract.bias"));
}

/** `silu(a) · b` of the halves a and b of [B, N, 2H]. */
function gated(x: tf.Tensor3D): tf.Tensor3D {
  const [a, b] = tf.split(x, 2, 2);
  return tf.mul(tf.mul(a, tf.sigmoid(a)), b);
}
