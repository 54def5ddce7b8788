import type { RandomStream } from "@videoms/core";
import type { CropBox } from "../crop/crop_box.ts";
import type { VideoRecord } from "../index/video_record.ts";

/** A stretch of a video, in frames. */
export interface FrameWindow {
  /** Number of its first frame, from 0. */
  readonly start: number;
  /** Number of the frame after its last one; above `start`. */
  readonly end: number;
}

/** A video that a loader draws clips from. */
export interface LabelledVideo {
  /** The file, as the index knows it. */
  readonly record: VideoRecord;
  /** Class, counted from 0. */
  readonly label: number;
  /** The stretch that clips are drawn from. @default the whole video */
  readonly window?: FrameWindow;
}

/** Which frames and which box of a video make a clip. */
export interface ClipPlan {
  /** Frame numbers from 0, ascending, equal neighbours repeat a frame; T of them. */
  readonly frames: Int32Array;
  /** The box cut out of each frame. */
  readonly crop: CropBox;
}

/** Plans a clip of a video; all its chance comes from `random`. */
export type PlanClip = (video: VideoRecord, random: RandomStream) => ClipPlan;

/** A clip that could not be decoded, and what stands in its place. */
export interface ReplacedClip {
  /** The damaged file. */
  readonly path: string;
  /** What is wrong with it. */
  readonly error: string;
  /** Place of the clip in the batch. */
  readonly position: number;
  /** The file that was drawn instead (it may be damaged as well and be replaced in turn). */
  readonly by: string;
}

/** A batch of clips. */
export interface ClipBatch {
  /** uint8 [B, T, H, W, 3], 0 to 255, RGB. Not to be used after {@linkcode ClipBatch.release}. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** [B, T, H, W, 3]. */
  readonly shape: readonly [number, number, number, number, number];
  /** int32 [B], classes of the clips. */
  readonly labels: Int32Array;
  /** int32 [B], rows of the clips in the list of videos. */
  readonly indices: Int32Array;
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
