import type { Tensor } from "@tensorflow/tfjs-core";
import { activeKernels } from "./active_kernels.ts";
import { differentiable } from "./differentiable.ts";

/** Exact GELU, `x · ½(1 + erf(x/√2))` (Hendrycks, Gimpel: arXiv 1606.08415), of any shape. */
export function gelu<T extends Tensor>(x: T): T {
  return differentiable<T>(
    [x],
    () => ({ value: activeKernels().gelu(x), saved: [x] }),
    (dy, [x]) => [activeKernels().geluGradient(x, dy)],
  );
}
