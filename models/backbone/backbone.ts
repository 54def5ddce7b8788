import type * as tf from "@tensorflow/tfjs-core";
import { definePlugin, type ParameterSpec, type Plugin, type Scope } from "@videoms/core";
import {
  type BlockOptions,
  type BlockRun,
  blockSpecs,
  type DenseInitializer,
  hiddenWidth,
  runBlock,
} from "./vit_block.ts";

/**
 * The kind of block that an encoder stacks. Patch embedding, position embeddings and what follows the blocks
 * are the same for all. Its methods do not use `this`.
 */
export interface Backbone {
  /** The plugin's name. */
  readonly name: string;
  /** Whether blocks obey the rotation that they are given. @default false */
  readonly rotates?: boolean;
  /**
   * The tensors of a block, named `<prefix>.…`: vectors, or matrices [inputs, outputs].
   *
   * @param dense how dense layers are initialised. @default Xavier uniform
   * @throws {RangeError} if it does not support the options
   */
  blockSpecs(prefix: string, options: BlockOptions, dense?: DenseInitializer): ParameterSpec[];
  /**
   * Runs a block on any subset of a clip's tokens; position embeddings have been added.
   *
   * @param x [B, N, D]
   * @param p the block's tensors, by name without the prefix
   * @returns [B, N, D]
   */
  runBlock(x: tf.Tensor3D, p: Scope, options: BlockOptions, run: BlockRun): tf.Tensor3D;
  /** Multiply-accumulates (MACs) of a block's forward pass on `tokens` tokens. */
  blockCost(options: BlockOptions, tokens: number): number;
}

/** The vision transformer blocks of {@linkcode vit}. */
export const VIT_BACKBONE: Backbone = {
  name: "vit",
  rotates: true,
  blockSpecs,
  runBlock,
  blockCost(options, tokens) {
    const { width, mlp = "gelu" } = options;
    const matrices = mlp === "gelu" ? 2 : 3;
    const dense = 4 * width * width + matrices * width * hiddenWidth(options);
    return tokens * dense + 2 * tokens * tokens * width;
  },
};

/**
 * Pre-norm transformer blocks (Dosovitskiy et al.: arXiv 2010.11929), the backbone of VideoMAE and the
 * default. Each is one fused operation with a backward pass of its own.
 *
 * @example
 * ```ts
 * import { vit } from "@videoms/models";
 *
 * const cost = vit.create({}).blockCost({ width: 768, heads: 12 }, 1568);
 * console.assert(cost === 1568 * 12 * 768 ** 2 + 2 * 1568 ** 2 * 768);
 * ```
 */
export const vit: Plugin<"backbone", Record<never, never>, Backbone> = definePlugin({
  kind: "backbone",
  name: "vit",
  summary: "pre-norm transformer blocks",
  defaults: {},
  create: (): Backbone => VIT_BACKBONE,
});
