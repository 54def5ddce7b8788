import type { PixelClip } from "../augment/pixel_clip.ts";
import type { CropBox, FrameSize } from "../crop/crop_box.ts";
import type { VideoRecord } from "../index/video_record.ts";

/** A clip to decode: frames of a video, crop and size. */
export interface ClipRequest {
  /** The video's index record. */
  record: VideoRecord;
  /** T frame numbers from 0, ascending; duplicates repeat a frame. */
  frames: ArrayLike<number>;
  /** The crop of each frame. */
  crop: CropBox;
  /** Output size in pixels: the side of a square, H = W, or width and height. */
  size: number | FrameSize;
  /**
   * Processes the decoded clip further on this thread; clips are finished one by one, so that other work can
   * run in between.
   *
   * @default the decoded clip is returned as is
   */
  finish?: (clip: PixelClip) => PixelClip;
  /** Buffer for the pixels of the finished clip, T · H · W · 3 bytes. @default a new array */
  into?: Uint8Array<ArrayBuffer>;
}

/** A requested clip: its pixels, uint8 [T, H, W, 3] from 0 to 255, or the error. */
export type DecodedClip =
  | { readonly pixels: Uint8Array<ArrayBuffer> }
  | { readonly error: string };

/** Bytes of one decoded frame, H · W · 3. */
export function frameBytes(request: Pick<ClipRequest, "size">): number {
  const { width, height } = outputSize(request);
  return height * width * 3;
}

/** Size of a decoded frame. */
export function outputSize({ size }: Pick<ClipRequest, "size">): FrameSize {
  return typeof size === "number" ? { width: size, height: size } : size;
}

/** The distinct frame numbers of a clip, ascending. */
export function distinctFrames(frames: ArrayLike<number>): number[] {
  return Array.from(frames).filter((frame, i) => i === 0 || frame !== frames[i - 1]);
}

/**
 * Checks a request against its video before a process is started, since one invalid crop would fail a whole
 * group of clips.
 *
 * @throws {RangeError} if frames, crop, size or the buffer do not fit
 */
export function checkRequest(request: ClipRequest): void {
  const { record, frames, crop, size, finish, into } = request;
  const fail = (rule: string, got: unknown): never => {
    throw new RangeError(`Cannot decode a clip of ${record.path}: ${rule}, got ${got}`);
  };
  if (frames.length === 0) fail("a clip must have a frame", "none");
  for (let i = 0; i < frames.length; i++) {
    const frame = frames[i];
    if (!Number.isInteger(frame) || frame < 0 || frame >= record.frames) {
      fail(`frames must be 0 to ${record.frames - 1}`, frame);
    }
    if (i > 0 && frame < frames[i - 1]) fail("frames must ascend", `${frames[i - 1]}, ${frame}`);
  }
  const { x, y, width, height } = crop;
  const inside = [x, y, width, height].every(Number.isInteger) && x >= 0 && y >= 0 &&
    width >= 1 && height >= 1 && x + width <= record.width && y + height <= record.height;
  if (!inside) {
    fail(`the crop must lie in the ${record.width}×${record.height} frame`, JSON.stringify(crop));
  }
  const sides = outputSize({ size });
  if (![sides.width, sides.height].every((side) => Number.isInteger(side) && side >= 1)) {
    fail("size must be a positive whole number or two", JSON.stringify(size));
  }
  const bytes = frames.length * frameBytes({ size });
  if (into && !finish && into.length !== bytes) {
    fail(`"into" must have ${bytes} bytes`, into.length);
  }
}

/**
 * Finishes decoded pixels and puts them into the requested buffer.
 *
 * @throws {RangeError} if the finished clip does not fit the buffer
 */
export function finishClip(
  request: ClipRequest,
  decoded: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const { record, frames, finish, into } = request;
  if (!finish) return decoded;
  const finished = finish({ pixels: decoded, frames: frames.length, ...outputSize(request) });
  if (!into) return finished.pixels;
  if (into.length !== finished.pixels.length) {
    const { frames: count, height, width } = finished;
    throw new RangeError(
      `Cannot prepare a clip of ${record.path}: it must have ${into.length} bytes, got ` +
        `${finished.pixels.length} for [${count}, ${height}, ${width}, 3]`,
    );
  }
  into.set(finished.pixels);
  return into;
}
