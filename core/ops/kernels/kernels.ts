import type { AttentionKernels } from "./attention_kernels.ts";
import type { DenseKernels } from "./dense_kernels.ts";
import type { NormKernels } from "./norm_kernels.ts";
import type { PatchKernels } from "./patch_kernels.ts";
import type { SelectionKernels } from "./selection_kernels.ts";
import type { TokenKernels } from "./token_kernels.ts";

/**
 * The heavy tensor operations and their gradients, as one backend computes them.
 *
 * Every backend has all of them; models reach them only through the differentiable functions beside
 * this folder (`linear`, `layerNorm`, …). Tensors are float32 unless it is said otherwise, and row-major.
 * Results are new tensors that the caller owns; inputs are neither changed nor disposed of. Nothing
 * here records on the gradient tape, and nothing waits for the device.
 */
export interface Kernels
  extends
    DenseKernels,
    NormKernels,
    AttentionKernels,
    TokenKernels,
    PatchKernels,
    SelectionKernels {
  /**
   * The operations of a transformer block for results that stay within it, where the backend stores those
   * in another way (half precision). All operations take such tensors as if they were float32; nothing
   * else may. Gradients in them carry a factor that is gone from those of weights and of the block's input.
   * @default the operations themselves
   */
  readonly withinBlocks?: BlockKernels;
}

/** The operations whose results may stay within a transformer block. */
export type BlockKernels = Pick<
  Kernels,
  | "layerNorm"
  | "linear"
  | "linearGelu"
  | "linearGradients"
  | "geluLinearGradients"
  | "attention"
  | "attentionGradient"
>;
