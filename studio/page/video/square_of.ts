import type { CropBox } from "@videoms/data/plain";
import type { VideoSample } from "mediabunny";

/**
 * A box of a picture as RGB, scaled by the browser: for cameras, and for videos whose pixels are not 8 bits of
 * 4:2:0. Its bytes differ by a few levels from those of ffmpeg.
 *
 * @param size side of the result in pixels
 * @returns u8 [size, size, 3]
 */
export function squareOf(
  picture: CanvasImageSource | VideoSample,
  box: CropBox,
  size: number,
): Uint8Array {
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingQuality = "high";
  const { x, y, width, height } = box;
  // of a sample it is upright, as its file says
  if ("draw" in picture) picture.draw(context, x, y, width, height, 0, 0, size, size);
  else context.drawImage(picture, x, y, width, height, 0, 0, size, size);
  const { data } = context.getImageData(0, 0, size, size);
  const out = new Uint8Array(size * size * 3);
  for (let i = 0, to = 0; i < data.length; i += 4) {
    out[to++] = data[i];
    out[to++] = data[i + 1];
    out[to++] = data[i + 2];
  }
  return out;
}
