import type { Scalar, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import type { ClipGeometry } from "../../grid/token_grid.ts";

/** Normalisation of bytes to pixels: `(byte/255 − mean)/std`, per channel (RGB). */
export interface PixelScale {
  /** Per channel, of pixels in [0, 1]. */
  mean: readonly [number, number, number];
  /** Per channel, of pixels in [0, 1]. */
  std: readonly [number, number, number];
}

/** Patches, their reconstruction loss and cross-entropy. */
export interface PatchKernels {
  /** Uploads bytes in the backend's own format: one per number, or four packed. The bytes are not kept. */
  pixels(bytes: Uint8Array): Tensor1D;
  /**
   * Cuts clips into patches of normalised pixels.
   *
   * @param pixels B clips from {@linkcode PatchKernels.pixels}, row-major [B, T, H, W, 3]
   * @param index int32 [B, K], the requested tokens; null for all
   * @returns [B, K, P], the P values of a token in the order (frame, row, column, channel)
   */
  patches(
    pixels: Tensor1D,
    batch: number,
    geometry: ClipGeometry,
    scale: PixelScale,
    index: Tensor2D | null,
  ): Tensor3D;
  /**
   * Mean squared error of reconstructed patches, and its gradient with respect to the prediction.
   *
   * The targets are the pixels in [0, 1] (`patch · std + mean`); with `normalize`, each channel of each patch
   * is centred and divided by `√(unbiased variance) + 1e-6`.
   *
   * @param prediction [R, P]
   * @param patches normalised pixels [R, P]
   */
  reconstructionLoss(
    prediction: Tensor2D,
    patches: Tensor2D,
    scale: PixelScale,
    normalize: boolean,
  ): { loss: Scalar; dPrediction: Tensor2D };
  /**
   * Mean over the rows of `−Σ_c target · log softmax(logits)`, and its gradient; both [R, C], rows of
   * targets sum to 1.
   */
  crossEntropy(logits: Tensor2D, targets: Tensor2D): { loss: Scalar; dLogits: Tensor2D };
}
