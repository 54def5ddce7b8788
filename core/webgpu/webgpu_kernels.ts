import type { Kernels } from "../ops/kernels/kernels.ts";
import { attentionKernels } from "./attention_kernels.ts";
import { denseKernels } from "./dense_kernels.ts";
import type { GpuQueue } from "./gpu_queue.ts";
import { normKernels } from "./norm_kernels.ts";
import { patchKernels } from "./patch_kernels.ts";
import { selectionKernels } from "./selection_kernels.ts";
import { tokenKernels } from "./token_kernels.ts";

/** {@linkcode Kernels} as dispatches of our own on the GPU. */
export function webgpuKernels(queue: GpuQueue): Kernels {
  return {
    ...denseKernels(queue),
    ...normKernels(queue),
    ...attentionKernels(queue),
    ...tokenKernels(queue),
    ...patchKernels(queue),
    ...selectionKernels(queue),
  };
}
