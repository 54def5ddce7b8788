import { imageName } from "../images/image_series.ts";
import { type ClipRequest, distinctFrames } from "./clip_request.ts";
import type { TriedClip } from "./tried_clip.ts";

/**
 * Finds the image because of which a clip of a folder fails, by decoding halves of what is left: four processes for a
 * clip of 16 frames.
 *
 * @param failed the error of the whole clip
 * @param decode decodes a clip on its own
 * @returns the error, with frame and name of the image
 */
export async function brokenImage(
  request: ClipRequest,
  failed: Extract<TriedClip, { error: string }>,
  decode: (request: ClipRequest) => Promise<TriedClip>,
): Promise<string> {
  if (failed.named) return failed.error;
  let frames = distinctFrames(request.frames);
  let { error } = failed;
  while (frames.length > 1) {
    const half = frames.slice(0, frames.length >> 1);
    const clip = await decode({ ...request, frames: half, finish: undefined, into: undefined });
    if ("error" in clip) error = clip.error;
    frames = "error" in clip ? half : frames.slice(half.length);
  }
  return `frame ${frames[0]}, ${imageName(request.record.images!, frames[0])}, is broken: ${error}`;
}
