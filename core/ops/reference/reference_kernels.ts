import type { Kernels } from "../kernels/kernels.ts";
import { referenceAttention } from "./reference_attention.ts";
import { referenceDense } from "./reference_dense.ts";
import { referenceNorm } from "./reference_norm.ts";
import { referencePatches } from "./reference_patches.ts";
import { referenceSelection } from "./reference_selection.ts";
import { referenceTokens } from "./reference_tokens.ts";

/**
 * {@linkcode Kernels} in stock tfjs operations: the reference for testing other backends, and the fallback
 * for backends without their own kernels.
 */
export const referenceKernels: Kernels = {
  ...referenceDense,
  ...referenceNorm,
  ...referenceAttention,
  ...referenceTokens,
  ...referencePatches,
  ...referenceSelection,
};
