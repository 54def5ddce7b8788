import type { RandomStream } from "@videoms/core";
import type { PixelClip } from "../augment/pixel_clip.ts";
import type { EraseBox } from "../augment/random_erasing.ts";
import type { ClipSet } from "../dataset/clip_set.ts";
import type { CropBox, FrameSize } from "../crop/crop_box.ts";
import type { FrameWindow } from "../index/frame_window.ts";
import type { VideoRecord } from "../index/video_record.ts";

/** A video from which a loader samples clips. */
export interface LabelledVideo {
  /** The file's index record. */
  readonly record: VideoRecord;
  /** Class, from 0. */
  readonly label: number;
  /** What is predicted in place of a class. @default nothing, the label is */
  readonly targets?: readonly number[];
  /** The window that clips are sampled from. @default the whole video */
  readonly window?: FrameWindow;
  /** The set of a mix that it is of, one object for all its videos. @default the data set is no mix */
  readonly set?: ClipSet;
}

/** Which sets of a mix clips are of. */
export interface ClipSets {
  /** Names of the sets. */
  readonly names: readonly string[];
  /** int32 [B], the set of each clip. */
  readonly of: Int32Array;
  /** Share of each set in the whole batch, of which these clips may be a part. */
  readonly shares: readonly number[];
}

/** Frames, crop and further processing of a clip. */
export interface ClipPlan {
  /** T frame numbers of the file from 0, ascending; duplicates repeat a frame. */
  readonly frames: Int32Array;
  /** The crop of each frame. */
  readonly crop: CropBox;
  /** Decoded size in pixels. @default the loader's size */
  readonly size?: number | FrameSize;
  /**
   * Turns the decoded clip into uint8 [T, S, S, 3], with the loader's size S. It runs on this thread as soon
   * as its clip is decoded, ahead of the batch in use, and must be deterministic.
   *
   * @default none
   */
  readonly finish?: (clip: PixelClip) => PixelClip;
  /** The rectangle that the consumer fills with noise. @default null, none */
  readonly erase?: EraseBox | null;
}

/**
 * Plans a clip of a video; `random` is its only source of randomness.
 *
 * `sample` is the index of a sample of the clip (repeated augmentation). Every sample is planned with the
 * same stream from its start; what should differ between samples draws from a child of `sample`. The frames
 * must not depend on it.
 */
export type PlanClip = (video: LabelledVideo, random: RandomStream, sample: number) => ClipPlan;

/** A clip that could not be decoded, and its replacement. */
export interface ReplacedClip {
  /** The damaged file. */
  readonly path: string;
  /** The error. */
  readonly error: string;
  /** Index of the clip (of its first sample) in the batch. */
  readonly position: number;
  /** The file drawn instead (which may be damaged too and be replaced in turn). */
  readonly by: string;
}

/** A batch of clips. B counts every sample of a clip; the samples of a clip are adjacent. */
export interface ClipBatch {
  /** uint8 [B, T, H, W, 3], 0 to 255, RGB. Must not be used after {@linkcode ClipBatch.release}. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** [B, T, H, W, 3]. */
  readonly shape: readonly [number, number, number, number, number];
  /** int32 [B], classes of the clips. */
  readonly labels: Int32Array;
  /** float64 [B, C], what is predicted in place of a class. @default nothing, the labels are */
  readonly targets?: Float64Array;
  /** int32 [B], indices of the clips in the list of videos. */
  readonly indices: Int32Array;
  /** int32 [B], positions of the clips in the whole batch, of which this may be a part. */
  readonly places: Int32Array;
  /** [B], rectangles to be filled with noise, or null. */
  readonly erase: readonly (EraseBox | null)[];
  /** The sets of the clips of a mix in shuffled order. @default the videos are no mix */
  readonly sets?: ClipSets;
  /** Epoch, from 0. */
  readonly epoch: number;
  /** Step of the epoch, from 0. */
  readonly step: number;
  /** Clips of this batch that could not be decoded. */
  readonly replaced: readonly ReplacedClip[];
  /** Decoding time in milliseconds, divided among the batches decoded together. */
  readonly decodeMs: number;
  /** Time that the caller waited for it, in milliseconds. */
  readonly waitMs: number;
  /** Releases the pixels' memory for later batches. Calling it twice is harmless. */
  release(): void;
}

/** Pixels of clips. */
export interface RawClips {
  /** uint8, row-major [B, T, H, W, 3], T what the frame selector asks for. */
  pixels: Uint8Array;
  /** B. */
  batch: number;
}

/** Clips of a training step, with what belongs to each. */
export interface StepClips extends RawClips {
  /** int32 [B]. */
  labels: Int32Array;
  /** float64 [B, C], what is predicted in place of a class. @default nothing, the labels are */
  targets?: Float64Array;
  /** [B], rectangles to be filled with noise, or null. */
  erase: readonly (EraseBox | null)[];
  /** The sets of clips of a mix. @default the videos are no mix */
  sets?: ClipSets;
}

/** The clips of a batch. */
export function clipsOf(
  { pixels, indices, labels, targets, erase, sets }: ClipBatch,
): StepClips {
  const more = { ...targets ? { targets } : {}, ...sets ? { sets } : {} };
  return { pixels, batch: indices.length, labels, erase, ...more };
}
