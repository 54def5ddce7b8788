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
    SelectionKernels {}
