import * as tf from "@tensorflow/tfjs-core";
import {
  byteTable,
  type ClipGeometry,
  patchesOf,
  type PixelScale,
  pixelTensor,
  tokenGrid,
  valuesPerToken,
} from "@videoms/core";

/** Mean of ImageNet's pixels in [0, 1], per channel (RGB). */
export const PIXEL_MEAN: readonly [number, number, number] = [0.485, 0.456, 0.406];
/** Standard deviation of ImageNet's pixels in [0, 1], per channel (RGB). */
export const PIXEL_STD: readonly [number, number, number] = [0.229, 0.224, 0.225];

/** Normalisation of bytes, for operations that do it on the device. */
export const PIXEL_SCALE: PixelScale = { mean: PIXEL_MEAN, std: PIXEL_STD };

const NORMALISED = byteTable(PIXEL_SCALE);

/** Number of clips in u8 pixels, which must be whole clips. */
function clipsIn(pixels: Uint8Array, { frames, imageSize }: ClipGeometry): number {
  const batch = pixels.length / (frames * imageSize * imageSize * 3);
  if (!Number.isInteger(batch) || batch < 1) {
    throw new RangeError(
      `Cannot prepare patches: pixels must be whole clips of ${frames} × ${imageSize} × ${imageSize} × 3, got ${pixels.length} bytes`,
    );
  }
  return batch;
}

/**
 * Cuts clips into patches of normalised pixels.
 *
 * @param pixels u8, row-major [B, T, H, W, 3], RGB
 * @returns row-major [B, N, P], the P values of a token in the order (frame, row, column, channel)
 * @throws {RangeError} if the number of pixels is not that of whole clips
 */
export function patchValues(pixels: Uint8Array, geometry: ClipGeometry): Float32Array {
  const { tubeletSize, imageSize, patchSize } = geometry;
  const { tubelets, rows, columns, tokens } = tokenGrid(geometry);
  const frameBytes = imageSize * imageSize * 3;
  const batch = clipsIn(pixels, geometry);
  const out = new Float32Array(batch * tokens * valuesPerToken(geometry));
  const [red, green, blue] = [0, 1, 2].map((channel) =>
    NORMALISED.subarray(256 * channel, 256 * (channel + 1))
  );
  const runBytes = patchSize * 3;
  let to = 0;
  for (let bt = 0; bt < batch * tubelets; bt++) { // clips are contiguous, so are their tubelets
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (let frame = 0; frame < tubeletSize; frame++) {
          let from = (bt * tubeletSize + frame) * frameBytes +
            (row * patchSize * imageSize + column * patchSize) * 3;
          for (let line = 0; line < patchSize; line++, from += imageSize * 3) {
            for (let i = 0; i < runBytes; i += 3, to += 3) {
              out[to] = red[pixels[from + i]];
              out[to + 1] = green[pixels[from + i + 1]];
              out[to + 2] = blue[pixels[from + i + 2]];
            }
          }
        }
      }
    }
  }
  return out;
}

/** Patch values of {@linkcode patchValues} as a tensor [B, N, P] on the device. */
export function patchTensor(values: Float32Array, geometry: ClipGeometry): tf.Tensor3D {
  const { tokens } = tokenGrid(geometry);
  const width = valuesPerToken(geometry);
  return tf.tensor3d(values, [values.length / (tokens * width), tokens, width]);
}

/** As {@linkcode patchValues}, on the device: a tensor [B, N, P] of u8 pixels. */
export function patchify(pixels: Uint8Array, geometry: ClipGeometry): tf.Tensor3D {
  const batch = clipsIn(pixels, geometry);
  const bytes = pixelTensor(pixels);
  try {
    return patchesOf(bytes, batch, geometry, PIXEL_SCALE);
  } finally {
    bytes.dispose();
  }
}
