import type { AttentionKernels } from "./attention_kernels.ts";
import type { DenseKernels } from "./dense_kernels.ts";
import type { NormKernels } from "./norm_kernels.ts";
import type { PatchKernels } from "./patch_kernels.ts";
import type { SelectionKernels } from "./selection_kernels.ts";
import type { TokenKernels } from "./token_kernels.ts";

/**
 * The compute-intensive operations and their gradients, as implemented by a backend.
 *
 * Every backend implements all of them; models use them only through the differentiable functions beside this
 * folder (`linear`, `layerNorm`, …). Tensors are float32, unless stated otherwise, and row-major. Results are
 * new tensors that the caller owns; inputs are neither changed nor disposed of. Nothing is recorded on the
 * gradient tape, and nothing waits for the device.
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
   * The operations for results that stay within a transformer block, if the backend stores these in half
   * precision. All operations accept such tensors as if they were float32; nothing else may use them. Their
   * gradients are scaled; gradients of weights and of the block's input are not.
   * @default the same operations
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
