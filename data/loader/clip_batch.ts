import type { RandomStream } from "@videoms/core";
import type { PixelClip } from "../augment/pixel_clip.ts";
import type { EraseBox } from "../augment/random_erasing.ts";
import type { CropBox, FrameSize } from "../crop/crop_box.ts";
import type { FrameWindow } from "../index/frame_window.ts";
import type { VideoRecord } from "../index/video_record.ts";

/** A video that a loader draws clips from. */
export interface LabelledVideo {
  /** The file, as the index knows it. */
  readonly record: VideoRecord;
  /** Class, counted from 0. */
  readonly label: number;
  /** The stretch that clips are drawn from. @default the whole video */
  readonly window?: FrameWindow;
}

/** Which frames and which box of a video make a clip, and what is done with them. */
export interface ClipPlan {
  /** Frame numbers of the file from 0, ascending, equal neighbours repeat a frame; T of them. */
  readonly frames: Int32Array;
  /** The box cut out of each frame. */
  readonly crop: CropBox;
  /** What the decoder makes of the box, in pixels. @default the loader's size */
  readonly size?: number | FrameSize;
  /**
   * Turns the decoded clip into uint8 [T, S, S, 3], S the loader's size. It runs on this thread as soon
   * as its clip is decoded, ahead of the batch in use; all its chance was drawn by the plan.
   *
   * @default the decoded clip is that already
   */
  readonly finish?: (clip: PixelClip) => PixelClip;
  /** The rectangle that the consumer fills with noise. @default null, none */
  readonly erase?: EraseBox | null;
}

/**
 * Plans a clip of a video; all its chance comes from `random`.
 *
 * `sample` counts the looks at a clip from 0 (repeated augmentation). Every look is planned with the same
 * stream from its start; what should differ between looks draws from a child of `sample`. The frames
 * must not depend on it.
 */
export type PlanClip = (video: LabelledVideo, random: RandomStream, sample: number) => ClipPlan;

/** A clip that could not be decoded, and what stands in its place. */
export interface ReplacedClip {
  /** The damaged file. */
  readonly path: string;
  /** What is wrong with it. */
  readonly error: string;
  /** Place of the clip (of its first sample) in the batch. */
  readonly position: number;
  /** The file that was drawn instead (it may be damaged as well and be replaced in turn). */
  readonly by: string;
}

/** A batch of clips. B counts every sample of a clip; the samples of a clip are neighbours. */
export interface ClipBatch {
  /** uint8 [B, T, H, W, 3], 0 to 255, RGB. Not to be used after {@linkcode ClipBatch.release}. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** [B, T, H, W, 3]. */
  readonly shape: readonly [number, number, number, number, number];
  /** int32 [B], classes of the clips. */
  readonly labels: Int32Array;
  /** int32 [B], rows of the clips in the list of videos. */
  readonly indices: Int32Array;
  /** [B], rectangles of the clips that are still to be filled with noise, or null. */
  readonly erase: readonly (EraseBox | null)[];
  /** Pass over the list, from 0. */
  readonly epoch: number;
  /** Batch of the pass, from 0. */
  readonly step: number;
  /** Clips of this batch that could not be decoded. */
  readonly replaced: readonly ReplacedClip[];
  /** Milliseconds from the start of its decoding to its end, shared out among the batches decoded together. */
  readonly decodeMs: number;
  /** Milliseconds that the caller waited for it. */
  readonly waitMs: number;
  /** Gives the pixels' memory back for later batches. Calling it twice is harmless. */
  release(): void;
}
