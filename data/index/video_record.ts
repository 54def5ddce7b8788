import type { ImageSeries } from "../images/image_series.ts";
import type { SeekTable } from "./seek_table.ts";

/** The images that are a video's frames. */
export interface IndexedImages extends ImageSeries {
  /** Hash of the folder's modification time, and of size and modification time of some images, for a quick look. */
  readonly glance: string;
}

/** Index record of a video file, or of a folder of numbered images. */
export interface VideoRecord {
  /** Absolute path; of images, that of the folder or of a pattern in it, `img_%05d.jpg`. */
  readonly path: string;
  /** Bytes of the file, or of all images. */
  readonly size: number;
  /** Modification time in milliseconds since 1970; of images, the latest. */
  readonly mtimeMs: number;
  /** ffmpeg's name of the codec, for example "h264". */
  readonly codec: string;
  /** Columns of a frame, after rotation. */
  readonly width: number;
  /** Rows of a frame, after rotation. */
  readonly height: number;
  /** Mean frame rate; 0 if unknown, as that of images is unless a data set states it. */
  readonly fps: number;
  /** Number of decodable frames. */
  readonly frames: number;
  /**
   * Number of frames that the header declares, without those discarded by an edit list, if packets are
   * missing: more than `frames` in a truncated file. Otherwise `frames`; null if not declared.
   */
  readonly declaredFrames: number | null;
  /** Duration in seconds; 0 if unknown. */
  readonly duration: number;
  /** How to start in the middle; null if frames must be counted from the start. */
  readonly seek: SeekTable | null;
  /** Whether later frames have another size, with which crops are scaled. Absent if not. */
  readonly resized?: boolean;
  /**
   * Whether the container marks packets as incomplete although all frames decode without errors. Absent if
   * not.
   */
  readonly gaps?: boolean;
  /** The seek error found by verification; `seek` is null then. */
  readonly seekFault?: string;
  /** The images, each a frame. Absent for a file. */
  readonly images?: IndexedImages;
}

/** An indexed file: its record, or its error. */
export type IndexEntry =
  | { readonly path: string; readonly record: VideoRecord }
  | { readonly path: string; readonly error: string };
