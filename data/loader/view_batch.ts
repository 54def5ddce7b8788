/** Which view of which video a clip is. */
export interface ViewedClip {
  /** Row of the list of videos. */
  readonly row: number;
  /** As in `ClipView`. */
  readonly segment: number;
  /** As in `ClipView`. */
  readonly crop: number;
}

/** A view that could not be decoded. */
export interface UnreadableView extends ViewedClip {
  /** What is wrong with its file. */
  readonly error: string;
}

/** A batch of views. */
export interface ViewBatch {
  /** uint8 [B, T, S, S, 3], 0 to 255, RGB. Not to be used after {@linkcode ViewBatch.release}. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** What the clips show, B of them. */
  readonly clips: readonly ViewedClip[];
  /** Views that were found unreadable since the batch before. */
  readonly failed: readonly UnreadableView[];
  /** Milliseconds that the caller waited for it. */
  readonly waitMs: number;
  /** Gives the pixels' memory back for later batches. Calling it twice is harmless. */
  release(): void;
}
