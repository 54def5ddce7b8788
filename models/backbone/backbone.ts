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
 * The blocks that an encoder is a stack of. Patches, positions and what comes after the blocks are the
 * same for all. Its methods do not use `this`.
 */
export interface Backbone {
  /** As the plugin is called. */
  readonly name: string;
  /**
   * The tensors of a block, `<prefix>.…`, of one axis or as matrices [inputs, outputs].
   *
   * @param dense how dense layers are initialised; Xavier's rule without one
   * @throws {RangeError} for options that it cannot work with
   */
  blockSpecs(prefix: string, options: BlockOptions, dense?: DenseInitializer): ParameterSpec[];
  /**
   * Runs tokens through a block. Tokens are any subset of a clip's: positions were added before.
   *
   * @param x [B, N, D]
   * @param p the block's tensors, by their names without the prefix
   * @returns [B, N, D]
   */
  runBlock(x: tf.Tensor3D, p: Scope, options: BlockOptions, run: BlockRun): tf.Tensor3D;
  /** Multiply-accumulates of a block's forward pass on `tokens` tokens of a clip. */
  blockCost(options: BlockOptions, tokens: number): number;
}

/** The blocks of a vision transformer, which {@linkcode vit} makes. */
export const VIT_BACKBONE: Backbone = {
  name: "vit",
  blockSpecs,
  runBlock,
  blockCost(options, tokens) {
    const { width } = options;
    const dense = 4 * width * width + 2 * width * hiddenWidth(options);
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
