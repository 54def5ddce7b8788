import type { Kernels } from "../kernels/kernels.ts";
import { plainAttention } from "./plain_attention.ts";
import { plainDense } from "./plain_dense.ts";
import { plainNorm } from "./plain_norm.ts";
import { plainPatches } from "./plain_patches.ts";
import { plainSelection } from "./plain_selection.ts";
import { plainTokens } from "./plain_tokens.ts";

/**
 * {@linkcode Kernels} in stock tfjs operations: the oracle that every faster form is tested against,
 * and the form that a backend without its own kernels uses.
 */
export const plainKernels: Kernels = {
  ...plainDense,
  ...plainNorm,
  ...plainAttention,
  ...plainTokens,
  ...plainPatches,
  ...plainSelection,
};
