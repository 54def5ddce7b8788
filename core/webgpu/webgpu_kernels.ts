import type { AttentionKernels } from "../ops/kernels/attention_kernels.ts";
import type { BlockKernels, Kernels } from "../ops/kernels/kernels.ts";
import { attentionKernels } from "./attention_kernels.ts";
import { denseKernels } from "./dense_kernels.ts";
import type { GpuQueue } from "./gpu_queue.ts";
import type { LossScale } from "./loss_scale.ts";
import { normKernels } from "./norm_kernels.ts";
import { patchKernels } from "./patch_kernels.ts";
import { selectionKernels } from "./selection_kernels.ts";
import { tokenKernels } from "./token_kernels.ts";

/** The operations within a block, with their results in half precision. */
function halfKernels(
  queue: GpuQueue,
  lossScale: LossScale,
  kernels: AttentionKernels,
): BlockKernels {
  const storage = { type: "f16", lossScale } as const;
  return { ...denseKernels(queue, storage), ...normKernels(queue, storage), ...kernels };
}

/**
 * {@linkcode Kernels} as our own GPU dispatches.
 *
 * @param lossScale for half precision within blocks, the scale of their gradients; null for float32
 * everywhere
 */
export function webgpuKernels(queue: GpuQueue, lossScale: LossScale | null = null): Kernels {
  const storage = { type: "f32", lossScale } as const;
  const attention = attentionKernels(queue);
  return {
    ...denseKernels(queue, storage),
    ...normKernels(queue, storage),
    ...attention,
    ...(lossScale ? { withinBlocks: halfKernels(queue, lossScale, attention) } : {}),
    ...tokenKernels(queue),
    ...patchKernels(queue),
    ...selectionKernels(queue),
  };
}
