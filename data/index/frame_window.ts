/** A stretch of a video, in frames. */
export interface FrameWindow {
  /** Number of its first frame, from 0. */
  readonly start: number;
  /** Number of the frame after its last one; above `start`. */
  readonly end: number;
}
