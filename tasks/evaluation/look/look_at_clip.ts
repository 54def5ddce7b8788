import type { Descriptor, Registry } from "@videoms/core";
import { centreCrop, decodeClips, type LabelledVideo } from "@videoms/data";
import type { FrameSelector } from "@videoms/masking";
import {
  type CandidatePixels,
  lookAtPixels,
  type LookedPixels,
  lookStream,
} from "@videoms/studio/look";
import { clipFrames, videoSelector } from "@videoms/studio/views";
import type { LookSource } from "./look_source.ts";

/** A clip and what is chosen of it. */
export interface LookedClip extends LookedPixels, CandidatePixels {
  readonly video: LabelledVideo;
}

/** How a clip is looked at. */
export interface ClipLookOptions {
  readonly source: LookSource;
  readonly registry: Registry;
  readonly strategies: readonly Descriptor<"masking">[];
  /** Epochs whose chance is drawn. */
  readonly epochs: number;
  readonly signal?: AbortSignal;
}

async function decode(
  video: LabelledVideo,
  frames: Int32Array,
  { source, signal }: ClipLookOptions,
): Promise<Uint8Array> {
  const { record } = video;
  const request = { record, frames, crop: centreCrop(record), size: source.task.model.imageSize };
  const [clip] = await decodeClips([request], { signal });
  if ("error" in clip) {
    throw new Error(`Cannot read ${record.path}: it must be a video, got: ${clip.error}`);
  }
  return clip.pixels;
}

/**
 * Decodes the clip that a test would see of a video, and lets strategies choose its tokens, once for each
 * epoch.
 *
 * @throws {Error} if the video cannot be read
 * @throws {RangeError} if a strategy cannot work on such clips
 */
export async function lookAtClip(
  video: LabelledVideo,
  options: ClipLookOptions,
): Promise<LookedClip> {
  const { source: { task }, registry } = options;
  const own = registry.create<FrameSelector>(task.frames);
  const selector = videoSelector(registry, task, own)(video);
  const candidates = clipFrames(task, selector, video, "test", lookStream(task.seed, 0));
  const decoded = { candidates, candidatePixels: await decode(video, candidates, options) };
  const looked = await lookAtPixels(decoded, { ...options, selector, seed: task.seed });
  return { video, ...decoded, ...looked };
}
