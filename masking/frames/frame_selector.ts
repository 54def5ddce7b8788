import type { Tensor3D } from "@tensorflow/tfjs-core";
import type { RandomStream, TokenGrid } from "@videoms/core";

/** Training draws at random; tests choose the same frames every time. */
export type FramePhase = "train" | "test";

/** What a frame selector is asked for one clip. */
export interface FrameRequest {
  /** Frames of the video. */
  videoFrames: number;
  /** Frames of the clip that the model sees, F. */
  frames: number;
  /** Frames of one token. */
  tubeletSize: number;
  /** Frames from one sampled frame to the next. */
  samplingRate: number;
  /** Whether chance is allowed. */
  phase: FramePhase;
  /** The clip's own draws. */
  random: RandomStream;
}

/** What the second stage of a frame selector is handed for one batch. */
export interface NarrowInput {
  /** Tokens of the candidate frames, float32 [B, Nc, D], detached, before positions are added. */
  embeddings: Tensor3D;
  /** The grid of the candidates. */
  grid: TokenGrid;
  /** Tubelets wanted, t. */
  tubelets: number;
  /** Whether chance is allowed. */
  phase: FramePhase;
  /** One stream per clip. */
  random: readonly RandomStream[];
}

/** Which frames of a video make a clip. Its methods do not use `this`. */
export interface FrameSelector {
  /** As the plugin is called. */
  readonly name: string;
  /**
   * Frames to decode for a clip of `frames` frames; more than `frames` when
   * {@linkcode FrameSelector.narrow} drops some later.
   *
   * @throws {RangeError} if the options cannot work for this clip
   */
  candidateFrames(clip: { frames: number; tubeletSize: number }): number;
  /**
   * Ascending frame indices into the video, `candidateFrames(…)` of them. Repeats are allowed, so
   * videos of any length, even one frame, work.
   *
   * @throws {RangeError} if a count of the request is not a positive whole number
   */
  frames(request: FrameRequest): Int32Array;
  /**
   * Two-stage selectors only: which tubelets of the candidates each clip keeps, ascending, `tubelets`
   * of them.
   */
  narrow?(input: NarrowInput): Promise<Int32Array[]>;
}

/**
 * Refuses a request whose counts are not positive whole numbers.
 *
 * @throws {RangeError} naming the count
 */
export function checkFrameRequest(request: FrameRequest): void {
  for (const name of ["videoFrames", "frames", "tubeletSize", "samplingRate"] as const) {
    const value = request[name];
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(
        `Cannot choose frames: ${name} must be a positive whole number, got ${value}`,
      );
    }
  }
}

/**
 * The first frame of a window of `span` frames: drawn uniformly from all that fit in training, the
 * centred one in tests, 0 if the video is shorter.
 */
export function windowStart(
  { videoFrames, phase, random }: Pick<FrameRequest, "videoFrames" | "phase" | "random">,
  span: number,
): number {
  const last = videoFrames - span;
  if (last <= 0) return 0;
  return phase === "train" ? random.integer(last + 1) : Math.floor(last / 2);
}
