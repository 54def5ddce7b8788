/**
 * Operations that blend a clip with a derived image, as Pillow's `ImageEnhance`: `color` with its greyscale
 * version, `sharpness` with a smoothed one.
 */

import { checkPixelClip, type PixelClip } from "./pixel_clip.ts";
import { greyOf } from "./tone.ts";

/** Table size for differences −255 … 255. */
const DIFFERENCES = 511;

/** `factor · difference` in float32 for every difference of two values, from −255 on. */
function scaledDifferences(factor: number): Float32Array {
  const rounded = Math.fround(factor);
  return Float32Array.from({ length: DIFFERENCES }, (_, i) => rounded * (i - 255));
}

/** `blendValue` with the product from a table. */
function blendWith(from: number, to: number, scaled: Float32Array): number {
  const value = Math.fround(from + scaled[to - from + 255]);
  return value <= 0 ? 0 : value >= 255 ? 255 : value | 0;
}

/** Blends with the greyscale clip: factor 0 is grey, 1 the clip itself, above 1 more saturated. */
export function color(clip: PixelClip, factor: number): PixelClip {
  checkPixelClip(clip);
  const { pixels } = clip;
  const scaled = scaledDifferences(factor);
  const result = new Uint8Array(pixels.length);
  for (let i = 0; i < pixels.length; i += 3) {
    const grey = greyOf(pixels[i], pixels[i + 1], pixels[i + 2]);
    result[i] = blendWith(grey, pixels[i], scaled);
    result[i + 1] = blendWith(grey, pixels[i + 1], scaled);
    result[i + 2] = blendWith(grey, pixels[i + 2], scaled);
  }
  return { ...clip, pixels: result };
}

/**
 * Blends with the clip smoothed by [1 1 1; 1 5 1; 1 1 1] / 13: factor 0 is smooth, 1 the clip itself, above 1
 * sharper. Border pixels stay unchanged.
 */
export function sharpness(clip: PixelClip, factor: number): PixelClip {
  checkPixelClip(clip);
  const { pixels, frames, height, width } = clip;
  const scaled = scaledDifferences(factor);
  const result = new Uint8Array(pixels);
  const row = width * 3;
  for (let frame = 0; frame < frames; frame++) {
    for (let y = 1; y < height - 1; y++) {
      const from = (frame * height + y) * row + 3;
      for (let i = from; i < from + row - 6; i++) {
        const above = pixels[i - row - 3] + pixels[i - row] + pixels[i - row + 3];
        const beside = pixels[i - 3] + 5 * pixels[i] + pixels[i + 3];
        const below = pixels[i + row - 3] + pixels[i + row] + pixels[i + row + 3];
        const smooth = (2 * (above + beside + below) + 13) / 26 | 0; // rounded
        result[i] = blendWith(smooth, pixels[i], scaled);
      }
    }
  }
  return { ...clip, pixels: result };
}
