import type * as tf from "@tensorflow/tfjs-core";
import {
  type Parameters,
  type ParameterSpec,
  type RandomStream,
  type Rotation,
} from "@videoms/core";
import { type Backbone, VIT_BACKBONE } from "../backbone/backbone.ts";
import { type BlockOptions, type DenseInitializer, dropPathRate } from "../backbone/vit_block.ts";
import type { Positions } from "../positions/positions.ts";

/** A stack of transformer blocks. */
export interface StackOptions extends BlockOptions {
  /** Number of blocks. */
  depth: number;
  /** Stochastic depth rate of the last block. @default 0 */
  dropPath?: number;
  /**
   * Epsilon of the norm after the blocks, which is not part of the stack.
   * @default normEpsilon
   */
  finalNormEpsilon?: number;
  /**
   * Activation checkpointing: keep only each block's input and run the block again in the backward pass. Less
   * memory for more time, the same values. @default false
   */
  recompute?: boolean;
  /** Kind of block. @default those of a vision transformer */
  backbone?: Backbone;
  /** How blocks are told where tokens are. @default a sine-cosine table over the flattened token index */
  positions?: Positions;
  /**
   * Whether an encoder has a learned token before all others, which classifiers and probes read in place of the mean.
   * @default false
   */
  classToken?: boolean;
  /**
   * Learned tokens of an encoder that nothing reads, where it can keep what is of no place (Darcet et al.: arXiv
   * 2309.16588). @default 0
   */
  registers?: number;
}

/** A block's options: keys have a bias where something is done to them before attention. */
function blockOptions(options: StackOptions): BlockOptions {
  return options.positions?.rotation || options.qkNorm ? { ...options, keyBias: true } : options;
}

/** Tokens of a stack that are of no place: a class token and registers. */
export function extraTokens({ classToken = false, registers = 0 }: StackOptions): number {
  return registers + (classToken ? 1 : 0);
}

/**
 * Checks a stack.
 *
 * @throws {RangeError} if a number is not positive and whole, the heads do not divide the width, or the blocks know
 * nothing of a rotation
 */
export function checkStack(
  name: string,
  { width, depth, heads, dropPath = 0, positions, backbone = VIT_BACKBONE, registers = 0 }:
    StackOptions,
): void {
  for (const [field, value] of Object.entries({ width, depth, heads })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(
        `Cannot build the ${name}: its ${field} must be a positive whole number, got ${value}`,
      );
    }
  }
  if (width % heads !== 0) {
    throw new RangeError(
      `Cannot build the ${name}: its heads must divide its width, got ${heads} and ${width}`,
    );
  }
  if (!(dropPath >= 0 && dropPath < 1)) {
    throw new RangeError(`Cannot build the ${name}: dropPath must be in [0, 1), got ${dropPath}`);
  }
  if (!Number.isInteger(registers) || registers < 0) {
    throw new RangeError(
      `Cannot build the ${name}: registers must be a whole number from 0, got ${registers}`,
    );
  }
  if (positions?.rotation && !backbone.rotates) {
    throw new RangeError(
      `Cannot build the ${name}: with positions "${positions.name}" the backbone must rotate queries and keys, ` +
        `got "${backbone.name}"; set model.positions to others`,
    );
  }
}

/** Epsilon of the norm after a stack; undefined for the usual 1e-6. */
export function finalEpsilon(
  { finalNormEpsilon, normEpsilon }: Pick<StackOptions, "finalNormEpsilon" | "normEpsilon">,
): number | undefined {
  return finalNormEpsilon ?? normEpsilon;
}

/** The tensors of a stack, `<prefix>.blocks.<i>.…`. */
export function stackSpecs(
  prefix: string,
  options: StackOptions,
  dense?: DenseInitializer,
): ParameterSpec[] {
  const { depth, backbone = VIT_BACKBONE } = options;
  return Array.from({ length: depth }, (_, i) => i)
    .flatMap((i) => backbone.blockSpecs(`${prefix}.blocks.${i}`, blockOptions(options), dense));
}

/**
 * Runs tokens [B, N, D] through a stack.
 *
 * @param random one stream per clip for stochastic depth, null outside training
 * @param rotation how queries and keys of the tokens are rotated
 */
export function runStack(
  x: tf.Tensor3D,
  parameters: Parameters,
  prefix: string,
  options: StackOptions,
  random: readonly RandomStream[] | null,
  rotation: Rotation | null,
): tf.Tensor3D {
  const { depth, dropPath = 0, backbone = VIT_BACKBONE } = options;
  const own = blockOptions(options);
  let y = x;
  for (let i = 0; i < depth; i++) {
    const rate = dropPathRate(dropPath, i, depth);
    const drop = random && rate > 0
      ? { rate, random: random.map((stream) => stream.child("block", i)) }
      : null;
    const p = parameters.scope(`${prefix}.blocks.${i}`);
    y = backbone.runBlock(y, p, own, { drop, recompute: options.recompute, rotation });
  }
  return y;
}
