import type { PixelScale } from "./kernels/patch_kernels.ts";

/**
 * Normalised value of every byte: `(v/255 − mean)/std` per channel, rounded to float32 once at the end.
 *
 * @returns [3, 256], by channel
 */
export function byteTable({ mean, std }: PixelScale): Float32Array {
  return Float32Array.from({ length: 3 * 256 }, (_, i) => {
    const channel = i >> 8;
    return ((i & 255) / 255 - mean[channel]) / std[channel];
  });
}
