/** The video and view of a clip. */
export interface ViewedClip {
  /** Row in the list of videos. */
  readonly row: number;
  /** See `ClipView`. */
  readonly segment: number;
  /** See `ClipView`. */
  readonly crop: number;
}

/** A view that could not be decoded. */
export interface UnreadableView extends ViewedClip {
  /** The file's error. */
  readonly error: string;
}

/** A batch of views. */
export interface ViewBatch {
  /** uint8 [B, T, S, S, 3], 0 to 255, RGB. Must not be used after {@linkcode ViewBatch.release}. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** The views of the B clips. */
  readonly clips: readonly ViewedClip[];
  /** Views found unreadable since the previous batch. */
  readonly failed: readonly UnreadableView[];
  /** Time that the caller waited for it, in milliseconds. */
  readonly waitMs: number;
  /** Releases the pixels' memory for later batches. Calling it twice is harmless. */
  release(): void;
}
