import type { SeekTable } from "./seek_table.ts";

/** What is known about a video file without decoding it. */
export interface VideoRecord {
  /** Absolute path. */
  readonly path: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Time of its last change in milliseconds since 1970. */
  readonly mtimeMs: number;
  /** Codec as ffmpeg calls it, for example "h264". */
  readonly codec: string;
  /** Columns of a frame as it is shown and decoded, rotation applied. */
  readonly width: number;
  /** Rows of a frame as it is shown and decoded, rotation applied. */
  readonly height: number;
  /** Frames per second on average; 0 if the file does not say. */
  readonly fps: number;
  /** Frames that decoding gives. */
  readonly frames: number;
  /**
   * Frames that the header promises, without those that an edit list discards, if some of its packets are
   * missing: more than `frames` in a truncated file. Else `frames`; null if the header does not say.
   */
  readonly declaredFrames: number | null;
  /** Length in seconds; 0 if unknown. */
  readonly duration: number;
  /** How to start in the middle; null if frames are only sure when counted from the start. */
  readonly seek: SeekTable | null;
  /** Whether later frames have another size; crops are scaled with them. Left out if not. */
  readonly resized?: boolean;
  /**
   * Whether the container marks packets as incomplete, and all frames could be decoded without a complaint
   * nevertheless. Left out if not.
   */
  readonly gaps?: boolean;
  /** What a check of the file found wrong with seeking; `seek` is null then. */
  readonly seekFault?: string;
}

/** A file that was looked at: its record, or why it has none. */
export type IndexEntry =
  | { readonly path: string; readonly record: VideoRecord }
  | { readonly path: string; readonly error: string };
