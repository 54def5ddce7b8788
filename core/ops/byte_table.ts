import type { PixelScale } from "./kernels/patch_kernels.ts";

/**
 * What every byte becomes: `(v/255 − mean)/deviation` for each channel, rounded to float32 after each
 * operation as tensors are, so that it is the same wherever it is done.
 *
 * @returns [3, 256], by channel
 */
export function byteTable({ mean, deviation }: PixelScale): Float32Array {
  return Float32Array.from({ length: 3 * 256 }, (_, i) => {
    const channel = i >> 8;
    const unit = Math.fround((i & 255) / 255);
    return Math.fround(unit - Math.fround(mean[channel])) / Math.fround(deviation[channel]);
  });
}
