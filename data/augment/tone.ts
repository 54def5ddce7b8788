/**
 * Operations that map values through a table of 256 entries. The statistics for the table (range, histogram,
 * mean) are computed per frame, as for single images.
 *
 * Definitions: Pillow's `ImageOps` and `ImageEnhance`.
 */

import { checkPixelClip, type PixelClip } from "./pixel_clip.ts";

/** New values by old value. */
type Table = Uint8ClampedArray;

/** L = (19595 R + 38470 G + 7471 B + 2¹⁵) / 2¹⁶, ITU-R 601-2. */
const GREY = [19595, 38470, 7471, 1 << 15] as const;

/** The grey value of a colour, 0 to 255. */
export function greyOf(red: number, green: number, blue: number): number {
  return (GREY[0] * red + GREY[1] * green + GREY[2] * blue + GREY[3]) >>> 16;
}

/**
 * Linear interpolation or extrapolation from `from` (factor 0) to `to` (factor 1), truncated and clamped to 0
 * … 255. Computed in float32 like Pillow's `Image.blend`, so that truncation agrees.
 */
export function blendValue(from: number, to: number, factor: number): number {
  const value = Math.fround(from + Math.fround(factor * (to - from)));
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
}

function tableOf(valueOf: (value: number) => number): Table {
  return Uint8ClampedArray.from({ length: 256 }, (_, value) => valueOf(value));
}

/** Maps every value of a clip through one table. */
function mapClip(clip: PixelClip, table: Table): PixelClip {
  checkPixelClip(clip);
  const { pixels } = clip;
  const result = new Uint8Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) result[i] = table[pixels[i]];
  return { ...clip, pixels: result };
}

/** Maps the three channels of every frame through tables computed from the frame's histograms. */
function mapFrames(clip: PixelClip, tableOfChannel: (histogram: Uint32Array) => Table): PixelClip {
  checkPixelClip(clip);
  const { pixels, frames } = clip;
  const result = new Uint8Array(pixels.length);
  const length = pixels.length / frames;
  for (let start = 0; start < pixels.length; start += length) {
    const histograms = [0, 1, 2].map(() => new Uint32Array(256));
    const [reds, greens, blues] = histograms;
    for (let i = start; i < start + length; i += 3) {
      reds[pixels[i]]++;
      greens[pixels[i + 1]]++;
      blues[pixels[i + 2]]++;
    }
    const [red, green, blue] = histograms.map(tableOfChannel);
    for (let i = start; i < start + length; i += 3) {
      result[i] = red[pixels[i]];
      result[i + 1] = green[pixels[i + 1]];
      result[i + 2] = blue[pixels[i + 2]];
    }
  }
  return { ...clip, pixels: result };
}

/** 255 − x. */
export function invert(clip: PixelClip): PixelClip {
  return mapClip(clip, tableOf((value) => 255 - value));
}

/** Keeps the `bits` highest bits of every value, 0 to 8. */
export function posterize(clip: PixelClip, bits: number): PixelClip {
  return mapClip(clip, tableOf((value) => value & ~((1 << (8 - bits)) - 1)));
}

/** Inverts values from `threshold` on; 256 inverts none. */
export function solarize(clip: PixelClip, threshold: number): PixelClip {
  return mapClip(clip, tableOf((value) => value < threshold ? value : 255 - value));
}

/** Adds `amount` to values below 128, up to 255. */
export function solarizeAdd(clip: PixelClip, amount: number): PixelClip {
  return mapClip(clip, tableOf((value) => value < 128 ? value + amount : value));
}

/** Blends with black: factor 0 is black, 1 the clip itself. */
export function brightness(clip: PixelClip, factor: number): PixelClip {
  const rounded = Math.fround(factor);
  return mapClip(clip, tableOf((value) => blendValue(0, value, rounded)));
}

/** Stretches every channel of every frame so that its values reach from 0 to 255. */
export function autoContrast(clip: PixelClip): PixelClip {
  return mapFrames(clip, (histogram) => {
    const low = histogram.findIndex((count) => count > 0);
    const high = histogram.findLastIndex((count) => count > 0);
    if (high <= low) return tableOf((value) => value);
    const scale = 255 / (high - low);
    const offset = -low * scale;
    return tableOf((value) => Math.trunc(value * scale + offset));
  });
}

/** Equalises the histogram of every channel of every frame. */
export function equalize(clip: PixelClip): PixelClip {
  return mapFrames(clip, (histogram) => {
    const total = histogram.reduce((sum, count) => sum + count, 0);
    const highest = histogram.findLast((count) => count > 0) ?? 0;
    // The highest value is excluded from the step, so that it maps to 255.
    const step = Math.floor((total - highest) / 255);
    if (step === 0) return tableOf((value) => value);
    let below = step >> 1;
    return tableOf((value) => {
      const level = Math.floor(below / step);
      below += histogram[value];
      return level;
    });
  });
}

/** Blends every frame with its mean grey: factor 0 is uniform grey, 1 the clip itself. */
export function contrast(clip: PixelClip, factor: number): PixelClip {
  checkPixelClip(clip);
  const { pixels, frames } = clip;
  const rounded = Math.fround(factor);
  const result = new Uint8Array(pixels.length);
  const length = pixels.length / frames;
  for (let start = 0; start < pixels.length; start += length) {
    let sum = 0;
    for (let i = start; i < start + length; i += 3) {
      sum += greyOf(pixels[i], pixels[i + 1], pixels[i + 2]);
    }
    const mean = Math.floor(sum / (length / 3) + 0.5);
    const table = tableOf((value) => blendValue(mean, value, rounded));
    for (let i = start; i < start + length; i++) result[i] = table[pixels[i]];
  }
  return { ...clip, pixels: result };
}
