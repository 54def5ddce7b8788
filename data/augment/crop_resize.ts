import type { CropBox, FrameSize } from "../crop/crop_box.ts";
import { checkPixelClip, type PixelClip } from "./pixel_clip.ts";

/** Source pixels of a row or column. */
interface Taps {
  /** Offsets of the two source pixels, in values. */
  near: Int32Array;
  far: Int32Array;
  /** Weight of the second one. */
  weight: Float64Array;
}

/**
 * Half-pixel centres: the centre of pixel i is at i + ½ in both; positions before the first are clamped to
 * it.
 */
function taps(from: number, length: number, size: number, stride: number): Taps {
  const near = new Int32Array(size);
  const far = new Int32Array(size);
  const weight = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const place = Math.max(0, (i + 0.5) * length / size - 0.5);
    const first = Math.min(length - 1, Math.floor(place));
    near[i] = (from + first) * stride;
    far[i] = (from + Math.min(length - 1, first + 1)) * stride;
    weight[i] = place - first;
  }
  return { near, far, weight };
}

/** Where every pixel of a resized frame comes from. */
interface FrameTaps {
  across: Taps;
  down: Taps;
}

function frameTaps(
  { x, y, width, height }: CropBox,
  size: FrameSize,
  rowBytes: number,
): FrameTaps {
  return { across: taps(x, width, size.width, 3), down: taps(y, height, size.height, rowBytes) };
}

/** Resizes the frame that begins at `start` into `result`, at `to`. */
function resizeFrame(
  pixels: Uint8Array,
  start: number,
  { across, down }: FrameTaps,
  result: Uint8Array,
  to: number,
): void {
  for (let y = 0; y < down.near.length; y++) {
    const above = start + down.near[y];
    const below = start + down.far[y];
    const wy = down.weight[y];
    for (let x = 0; x < across.near.length; x++) {
      const left = across.near[x];
      const right = across.far[x];
      const wx = across.weight[x];
      for (let k = 0; k < 3; k++) {
        const a = pixels[above + left + k];
        const b = pixels[below + left + k];
        const top = a + wx * (pixels[above + right + k] - a);
        const bottom = b + wx * (pixels[below + right + k] - b);
        result[to++] = top + wy * (bottom - top) + 0.5; // rounded
      }
    }
  }
}

/** The box at a frame, on a straight line from the first frame's to the last frame's. */
function boxAt(from: CropBox, to: CropBox, share: number): CropBox {
  const between = (side: keyof CropBox) => Math.floor(from[side] + share * (to[side] - from[side]));
  return {
    x: between("x"),
    y: between("y"),
    width: between("width"),
    height: between("height"),
  };
}

/**
 * Crops a box from every frame and resizes it: bilinear, without antialiasing, like PyTorch's
 * `interpolate` by default.
 *
 * The reference resizes normalised float32 values; here results are rounded to bytes, an error of at most
 * half a level.
 *
 * @param clip uint8 [T, H, W, 3]
 * @param box within the frames
 * @param size the side S of a square result in pixels, or its width and height
 * @param end the box of the last frame; those between lie on a straight line, in whole pixels. @default `box`
 * @returns uint8 [T, S, S, 3] or of that height and width, a new array
 * @throws {RangeError} if a box is not in the frame or the size not a positive whole number
 */
export function cropResize(
  clip: PixelClip,
  box: CropBox,
  size: number | FrameSize,
  end = box,
): PixelClip {
  checkPixelClip(clip);
  checkBox(clip, box);
  checkBox(clip, end);
  const result = typeof size === "number" ? { width: size, height: size } : size;
  for (const side of [result.width, result.height]) {
    if (Number.isSafeInteger(side) && side >= 1) continue;
    throw new RangeError(`Cannot prepare a clip: size must be a whole number from 1, got ${side}`);
  }
  const { pixels, frames, height, width } = clip;
  const bytes = result.height * result.width * 3;
  const resized = new Uint8Array(frames * bytes);
  let places = frameTaps(box, result, width * 3);
  for (let frame = 0; frame < frames; frame++) {
    if (end !== box && frame > 0) {
      places = frameTaps(boxAt(box, end, frame / (frames - 1)), result, width * 3);
    }
    resizeFrame(pixels, frame * height * width * 3, places, resized, frame * bytes);
  }
  return { pixels: resized, frames, height: result.height, width: result.width };
}

function checkBox({ width, height }: PixelClip, box: CropBox): void {
  const sides = [box.x, box.y, box.width, box.height];
  const inside = sides.every(Number.isSafeInteger) && box.x >= 0 && box.y >= 0 && box.width >= 1 &&
    box.height >= 1 && box.x + box.width <= width && box.y + box.height <= height;
  if (!inside) {
    throw new RangeError(
      `Cannot prepare a clip: the box must lie in the ${width}×${height} frame, got ` +
        JSON.stringify(box),
    );
  }
}

/**
 * Flips every frame horizontally.
 *
 * @param clip uint8 [T, H, W, 3]; not changed
 */
export function horizontalFlip(clip: PixelClip): PixelClip {
  checkPixelClip(clip);
  const { pixels, width } = clip;
  const result = new Uint8Array(pixels.length);
  const row = width * 3;
  for (let start = 0; start < pixels.length; start += row) {
    let from = start + row - 3;
    for (let to = start; to < start + row; to += 3, from -= 3) {
      result[to] = pixels[from];
      result[to + 1] = pixels[from + 1];
      result[to + 2] = pixels[from + 2];
    }
  }
  return { ...clip, pixels: result };
}
