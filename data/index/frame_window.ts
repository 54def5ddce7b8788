/** A range of frames of a video. */
export interface FrameWindow {
  /** First frame, from 0. */
  readonly start: number;
  /** End, exclusive; above `start`. */
  readonly end: number;
}
