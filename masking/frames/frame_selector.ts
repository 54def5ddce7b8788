import type { Tensor3D } from "@tensorflow/tfjs-core";
import type { RandomStream, TokenGrid } from "@videoms/core";

/** Training samples at random; testing is deterministic. */
export type FramePhase = "train" | "test";

/** One of several clips along time that an evaluation takes of a video. */
export interface FrameView {
  /** Its number, from 0. */
  readonly index: number;
  /** How many there are. */
  readonly count: number;
}

/** The clip that a frame selector samples. */
export interface FrameRequest {
  /** Number of frames in the video. */
  videoFrames: number;
  /** Number of frames in the clip that the model sees, F. */
  frames: number;
  /** Frames per token. */
  tubeletSize: number;
  /** Stride between sampled frames. */
  samplingRate: number;
  /** Whether frames are drawn at random. */
  phase: FramePhase;
  /** The clip's random stream. */
  random: RandomStream;
  /** Which clip of the whole video it is, where an evaluation takes several. @default the only one */
  view?: FrameView;
}

/** One batch for the second stage of a frame selector. */
export interface NarrowInput {
  /** Tokens of the candidate frames, float32 [B, Nc, D], detached, before position embeddings are added. */
  embeddings: Tensor3D;
  /** Token grid of the candidates. */
  grid: TokenGrid;
  /** Tubelets to keep per clip, t. */
  tubelets: number;
  /** Whether tubelets are drawn at random. */
  phase: FramePhase;
  /** One stream per clip. */
  random: readonly RandomStream[];
}

/** Chooses the frames of a video that make a clip. Its methods do not use `this`. */
export interface FrameSelector {
  /** The plugin's name. */
  readonly name: string;
  /**
   * What it chooses from where an evaluation takes several clips of a video: the `stretch` of each, as two-stage
   * selectors do, or the whole `video`, where {@linkcode FrameRequest.view} tells them apart.
   * @default consecutive frames are taken in its place
   */
  readonly views?: "stretch" | "video";
  /**
   * Frames to decode for a clip of `frames` frames; more than `frames` when
   * {@linkcode FrameSelector.narrow} drops some later.
   *
   * @throws {RangeError} if the options cannot work for this clip
   */
  candidateFrames(clip: { frames: number; tubeletSize: number }): number;
  /**
   * Ascending indices of the `candidateFrames(…)` frames. Repeats are allowed, so videos of any length work,
   * even of one frame.
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
 * Checks the counts of a request.
 *
 * @throws {RangeError} naming the count that is not a positive whole number, or a view that is none of its count
 */
export function checkFrameRequest(request: FrameRequest): void {
  for (const name of ["videoFrames", "frames", "tubeletSize", "samplingRate"] as const) {
    const value = request[name];
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(
        `Cannot run the frame selector: ${name} must be a positive whole number, got ${value}`,
      );
    }
  }
  const { view } = request;
  if (view && !(Number.isInteger(view.index) && view.index >= 0 && view.index < view.count)) {
    throw new RangeError(
      `Cannot run the frame selector: view.index must be a whole number from 0 below ${view.count}, got ${view.index}`,
    );
  }
}

/**
 * The first frame of a window of `span` frames: uniform in training, centred at test time, 0 if the video is
 * shorter.
 */
export function windowStart(
  { videoFrames, phase, random }: Pick<FrameRequest, "videoFrames" | "phase" | "random">,
  span: number,
): number {
  const last = videoFrames - span;
  if (last <= 0) return 0;
  return phase === "train" ? random.integer(last + 1) : Math.floor(last / 2);
}
