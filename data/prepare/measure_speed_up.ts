import { randomStream } from "@videoms/core/plain";
import { centreCrop } from "../crop/crop_box.ts";
import type { ClipRequest } from "../decode/clip_request.ts";
import { decodeClips } from "../decode/decode_clips.ts";
import type { VideoRecord } from "../index/video_record.ts";

/** The compared clips, as usual in training. */
export const SPEED_CLIP = { frames: 16, stride: 4, size: 224 };

/** Maximum number of clips to decode. */
const CLIPS = 24;

/** Decoding speed of two sets of files. */
export interface SpeedUp {
  /** Number of clips decoded from each. */
  clips: number;
  /** Clips per second from the originals. */
  before: number;
  /** Clips per second from the prepared files. */
  after: number;
}

/**
 * Decodes a sample of clips from originals and from prepared files, at the same offsets.
 *
 * @param pairs records of originals and their prepared files
 * @returns null if there is nothing to decode, or a file of the sample cannot be decoded
 */
export async function measureSpeedUp(
  pairs: readonly (readonly [VideoRecord, VideoRecord])[],
  { processes, signal }: { processes?: number; signal: AbortSignal },
): Promise<SpeedUp | null> {
  const random = randomStream(0, "speed-up");
  const rows = [...random.permutation(pairs.length).slice(0, CLIPS)];
  const starts = rows.map((row) => {
    const { frames, stride } = SPEED_CLIP;
    return random.integer(Math.max(1, pairs[row][0].frames - (frames - 1) * stride));
  });
  const clipsPerSecond = async (which: 0 | 1): Promise<number> => {
    const requests = rows.map((row, i) => clipFrom(pairs[row][which], starts[i]));
    const start = performance.now();
    const clips = await decodeClips(requests, { processes, signal });
    const seconds = (performance.now() - start) / 1000;
    return clips.every((clip) => "pixels" in clip) ? clips.length / seconds : NaN;
  };
  const before = await clipsPerSecond(0);
  const after = await clipsPerSecond(1);
  return before > 0 && after > 0 ? { clips: rows.length, before, after } : null;
}

function clipFrom(record: VideoRecord, start: number): ClipRequest {
  const { frames, stride, size } = SPEED_CLIP;
  return {
    record,
    frames: Array.from(
      { length: frames },
      (_, i) => Math.min(start + i * stride, record.frames - 1),
    ),
    crop: centreCrop(record),
    size,
  };
}
