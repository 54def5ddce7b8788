/** Compares clips with what a full decode of their file gives, as one would write it by hand. */

import type { ClipRequest, DecodedClip, VideoRecord } from "@videoms/data";
import assert from "node:assert/strict";
import { ffmpeg } from "./test_videos.ts";

/** Side that frames are shrunk to, in pixels. */
export const SIDE = 24;

const FRAME_BYTES = SIDE * SIDE * 3;

/** The frames of a full decode, each as text that stands for its pixels; as many as the index says. */
export async function allFrames({ path, frames }: VideoRecord): Promise<string[]> {
  const pixels = await ffmpeg(
    ...["-threads", "1", "-i", `file:${path}`, "-map", "0:V:0", "-fps_mode", "passthrough"],
    ...["-vf", `scale=${SIDE}:${SIDE}:flags=bilinear`],
    ...["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"],
  );
  assert.equal(pixels.length / FRAME_BYTES, frames, `${path}: as many frames as the index says`);
  return Array.from(
    { length: frames },
    (_, i) => pixels.subarray(i * FRAME_BYTES, (i + 1) * FRAME_BYTES).join(),
  );
}

/** A clip of whole frames from `start` on, `stride` apart; the last frame is repeated past the end. */
export function clipFrom(record: VideoRecord, start: number, stride: number, length = 3) {
  const { width, height, frames: count } = record;
  const frames = Array.from({ length }, (_, i) => Math.min(start + i * stride, count - 1));
  return { record, frames, crop: { x: 0, y: 0, width, height }, size: SIDE } satisfies ClipRequest;
}

/** Asserts that a clip is the frames that were asked for. */
export function assertFrames(
  { record: { path }, frames }: ClipRequest,
  clip: DecodedClip,
  expected: readonly string[],
): void {
  assert.ok("pixels" in clip, `${path} from ${frames[0]}: ${JSON.stringify(clip)}`);
  Array.from(frames).forEach((frame, t) => {
    const got = clip.pixels.subarray(t * FRAME_BYTES, (t + 1) * FRAME_BYTES).join();
    const where = expected.indexOf(got);
    assert.ok(got === expected[frame], `${path}: frame ${frame} of ${frames} is ${where}`);
  });
}
