import type * as tf from "@tensorflow/tfjs-core";
import type { ClipGeometry } from "../grid/token_grid.ts";
import { activeKernels } from "./active_kernels.ts";
import type { PixelScale } from "./kernels/patch_kernels.ts";

/**
 * Uploads the bytes of clips for {@linkcode patchesOf}, in the backend's own format; at best a quarter of
 * their size as floats.
 *
 * @param pixels u8, row-major [B, T, H, W, 3]; not kept
 */
export function pixelTensor(pixels: Uint8Array): tf.Tensor1D {
  return activeKernels().pixels(pixels);
}

/**
 * Patches of normalised pixels, without a gradient.
 *
 * @param pixels from {@linkcode pixelTensor}
 * @param batch clips, B
 * @param index int32 [B, K], the requested tokens, or null for all N
 * @returns [B, K, P], the P values of a token in the order (frame, row, column, channel)
 */
export function patchesOf(
  pixels: tf.Tensor1D,
  batch: number,
  geometry: ClipGeometry,
  scale: PixelScale,
  index: tf.Tensor2D | null = null,
): tf.Tensor3D {
  return activeKernels().patches(pixels, batch, geometry, scale, index);
}
