import { checkShape } from "../ops/check_shape.ts";
import { tokenGrid } from "../grid/token_grid.ts";
import type { PatchKernels } from "../ops/kernels/patch_kernels.ts";
import type { GpuQueue } from "./gpu_queue.ts";
import { crossEntropy } from "./patches/cross_entropy.ts";
import { cutPatches } from "./patches/cut_patches.ts";
import { packPixels, wordsOf } from "./patches/pack_pixels.ts";
import { reconstructionLoss } from "./patches/reconstruction_loss.ts";

/**
 * {@linkcode PatchKernels} on the GPU: pixels stay bytes until a dispatch cuts them into patches; a loss with
 * its gradient is two dispatches.
 */
export function patchKernels(queue: GpuQueue): PatchKernels {
  return {
    pixels: (bytes) => packPixels(queue, bytes),

    patches(pixels, batch, geometry, scale, index) {
      const { frames, imageSize } = geometry;
      checkShape("pixels", pixels, [wordsOf(batch * frames * imageSize ** 2 * 3)]);
      if (index) checkShape("index", index, [batch, index.shape[1]]);
      const shape = [batch, index ? index.shape[1] : tokenGrid(geometry).tokens] as const;
      return cutPatches(queue, pixels, shape, geometry, scale, index);
    },

    reconstructionLoss(prediction, patches, scale, normalize) {
      checkShape("patches", patches, prediction.shape);
      return reconstructionLoss(queue, prediction, patches, scale, normalize);
    },

    crossEntropy(logits, targets) {
      checkShape("targets", targets, logits.shape);
      return crossEntropy(queue, logits, targets);
    },
  };
}
