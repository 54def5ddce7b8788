/**
 * The geometry of a clip and of its tokens.
 *
 * Axis letters, used in every signature and comment of this project:
 *
 * | letter | axis |
 * | --- | --- |
 * | B | clips in a batch |
 * | T, H, W, C | frames, pixel rows, pixel columns, colour channels (RGB) of a clip |
 * | t, h, w | tubelets, patch rows and patch columns of the token grid |
 * | N | tokens of a clip, `t · h · w` |
 * | K, M | visible (encoded) tokens, target (reconstructed) tokens |
 * | D | width of a token vector |
 * | P | pixel values of a token, `tubeletSize · patchSize² · 3` |
 *
 * Tokens are numbered in raster order: `n = (it · h + ih) · w + iw`, tubelet slowest, patch column
 * fastest. The P values of a token are ordered (frame in tubelet, row, column, channel), channel
 * fastest, which is the order of the pixels themselves.
 *
 * @module
 */

/** Size of a clip in pixels, and of the box of pixels in one token. */
export interface ClipGeometry {
  /** Frames per clip, T. */
  frames: number;
  /** Frames per token. */
  tubeletSize: number;
  /** Side of the square frames in pixels, H = W. */
  imageSize: number;
  /** Side of a token's square patch in pixels. */
  patchSize: number;
}

/** The token grid of a clip. */
export interface TokenGrid {
  /** Tubelets, t. */
  readonly tubelets: number;
  /** Patch rows, h. */
  readonly rows: number;
  /** Patch columns, w. */
  readonly columns: number;
  /** Tokens per tubelet, h · w. */
  readonly perTubelet: number;
  /** Tokens per clip, N = t · h · w. */
  readonly tokens: number;
}

/** A grid of `tubelets` × `rows` × `columns` tokens. */
export function gridOf(tubelets: number, rows: number, columns: number): TokenGrid {
  const perTubelet = rows * columns;
  return { tubelets, rows, columns, perTubelet, tokens: tubelets * perTubelet };
}

/**
 * The token grid of a clip.
 *
 * @throws {RangeError} if the tubelet length does not divide the frame count or the patch size does
 * not divide the image size.
 * @example
 * ```ts
 * import { tokenGrid } from "@videoms/core";
 *
 * const grid = tokenGrid({ frames: 16, tubeletSize: 2, imageSize: 224, patchSize: 16 });
 * console.assert(grid.tokens === 1568);
 * ```
 */
export function tokenGrid(geometry: ClipGeometry): TokenGrid {
  for (const [name, value] of Object.entries(geometry)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(
        `Cannot build the token grid: ${name} must be a positive whole number, got ${value}`,
      );
    }
  }
  const { frames, tubeletSize, imageSize, patchSize } = geometry;
  if (frames % tubeletSize !== 0) {
    throw new RangeError(
      `Cannot build the token grid: tubeletSize must divide frames, got ${tubeletSize} and ${frames}`,
    );
  }
  if (imageSize % patchSize !== 0) {
    throw new RangeError(
      `Cannot build the token grid: patchSize must divide imageSize, got ${patchSize} and ${imageSize}`,
    );
  }
  const side = imageSize / patchSize;
  return gridOf(frames / tubeletSize, side, side);
}

/** Pixel values per token: P = tubeletSize · patchSize² · 3. */
export function valuesPerToken(geometry: ClipGeometry): number {
  return geometry.tubeletSize * geometry.patchSize ** 2 * 3;
}
