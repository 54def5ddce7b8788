import { randomStream } from "@videoms/core/plain";
import { createHash } from "node:crypto";
import type { ClipRequest } from "../decode/clip_request.ts";
import { decodeClips, type DecodeClipsOptions } from "../decode/decode_clips.ts";
import type { VideoRecord } from "../index/video_record.ts";
import { HASHED_SIDE } from "./decode_whole.ts";

/** Maximum number of key frames tried per file. */
const MOST_KEYS = 8;

/** Number of random offsets, besides those near key frames. */
const DRAWN = 4;

/** Sampling rate of the compared clips. */
const STRIDE = 4;

/** Frames per compared clip. */
const FRAMES = 4;

/** Result of decoding from the middle. */
export interface SeekComparison {
  /** Number of compared clips. */
  readonly compared: number;
  /** The first difference, or null. */
  readonly fault: string | null;
}

/**
 * Offsets at which seeking is tested: at key frames, just before them, where errors would occur, and at
 * random.
 */
export function seekOffsets({ path, frames, seek }: VideoRecord): number[] {
  const random = randomStream(0, "verify", path);
  const keys = (seek?.keyframes ?? []).filter((key) => key > 0);
  const rows = random.permutation(keys.length).slice(0, MOST_KEYS);
  const near = Array.from(rows).flatMap((row) => [3, 2, 1, 0].map((d) => keys[row] - d));
  const drawn = Array.from({ length: DRAWN }, () => random.integer(frames));
  return [...new Set([...near, ...drawn])].filter((frame) => frame >= 0).sort((a, b) => a - b);
}

/**
 * Compares clips decoded from their key frames, or from just their images, with a full decode.
 *
 * @param hashes the hash of every frame, from `decodeWhole`
 */
export async function compareSeeks(
  record: VideoRecord,
  hashes: readonly string[],
  options: DecodeClipsOptions,
): Promise<SeekComparison> {
  if (!record.seek && !record.images) return { compared: 0, fault: null };
  const last = Math.min(record.frames, hashes.length) - 1;
  const requests = seekOffsets(record).filter((offset) => offset <= last).map((offset) => ({
    record,
    frames: Array.from({ length: FRAMES }, (_, i) => Math.min(offset + i * STRIDE, last)),
    crop: { x: 0, y: 0, width: record.width, height: record.height },
    size: HASHED_SIDE,
  }));
  const clips = await decodeClips(requests, { ...options, apart: true });
  const faults = clips.map((clip, i) => {
    if ("error" in clip) return `from frame ${requests[i].frames[0]}: ${clip.error}`;
    return difference(requests[i], clip.pixels, hashes);
  });
  return { compared: clips.length, fault: faults.find((fault) => fault !== null) ?? null };
}

/** Describes the first frame of a clip that differs from the full decode, or null. */
function difference(
  { frames }: ClipRequest,
  pixels: Uint8Array,
  hashes: readonly string[],
): string | null {
  const bytes = pixels.length / frames.length;
  for (let t = 0; t < frames.length; t++) {
    const hash = createHash("md5").update(pixels.subarray(t * bytes, (t + 1) * bytes))
      .digest("hex");
    if (hash === hashes[frames[t]]) continue;
    const found = hashes.indexOf(hash);
    const shown = found < 0 ? "no frame of the full decode" : `frame ${found}`;
    return `started before frame ${frames[0]}, frame ${frames[t]} came out as ${shown}`;
  }
  return null;
}
