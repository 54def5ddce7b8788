/** Frames that the page has taken itself, of a camera or where WebCodecs is missing. */
export interface TakenFrames {
  readonly numbers: Int32Array;
  /** u8, [T, H, W, 3]. */
  readonly pixels: Uint8Array;
}

/** What a page tells its worker of a video whose frames it takes itself. */
export interface ElsewhereFacts {
  readonly name: string;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
}
