import type { ListedFrames } from "../annotations/list_columns.ts";
import type { VideoRecord } from "../index/video_record.ts";
import type { ClipSet, MixedClasses } from "./clip_set.ts";

/** Progress of {@linkcode Dataset.prepare}. */
export interface PrepareProgress {
  /** Description of the work. */
  what: string;
  /** Parts done. */
  done: number;
  /** Total number of parts. */
  total: number;
}

/** Options of {@linkcode Dataset.prepare}. */
export interface PrepareOptions {
  /** Called with progress. */
  onProgress?: (progress: PrepareProgress) => void;
  /** Stops the work; nothing incomplete is left behind. */
  signal?: AbortSignal;
}

/** A time span, in seconds. */
export interface TimeSpan {
  /** From 0. */
  readonly start: number;
  /** Above `start`. */
  readonly end: number;
}

/** A labelled video, or a part of one. */
export interface VideoSample {
  /** Absolute path of the video: a file, a folder of numbered images, or a pattern of images in a folder. */
  readonly path: string;
  /** Class, from 0, below the number of classes. */
  readonly label: number;
  /** What is predicted in place of a class, a value for each name in `classes`. @default nothing, the label is */
  readonly targets?: readonly number[];
  /** The time span from the start of the video. @default the whole video */
  readonly seconds?: TimeSpan;
  /** The frames, in place of a time span. @default the whole video */
  readonly frames?: ListedFrames;
  /** Frames per second of images, which have no times; 0 if unknown. @default 0 */
  readonly imageFps?: number;
  /** Which of the data set's `sets` it is of. @default the data set is no mix */
  readonly set?: number;
}

/** A data set that is ready to use. */
export interface PreparedDataset extends MixedClasses {
  /** Training samples; at least one. */
  readonly train: readonly VideoSample[];
  /** Held-out samples for validation, or null if there are none. */
  readonly heldOut: readonly VideoSample[] | null;
  /** Test samples, or null to use the held-out samples. */
  readonly test: readonly VideoSample[] | null;
  /** Class names by label, or the names of what is predicted in place of a class. */
  readonly classes: readonly string[];
  /** What is predicted in place of a class: several labels, each 0 or 1, or numbers. @default nothing, classes are */
  readonly targets?: "labels" | "numbers";
  /** Records of videos that the set made itself, which need not be probed. */
  readonly known?: readonly VideoRecord[];
  /** The sets of a mix, one of which each sample is of. @default the data set is no mix */
  readonly sets?: readonly ClipSet[];
}

/** Summary of a data set before it is prepared. */
export interface DatasetSummary extends MixedClasses {
  /** One line: how many videos, from where. */
  readonly text: string;
  /** Number of training samples, including any that may turn out to be unreadable. */
  readonly train: number;
  /** Number of classes. */
  readonly classes: number;
  /** Their names by label. @default unknown before the data set is prepared */
  readonly classNames?: readonly string[];
}

/** A data set, created by a plugin of kind "dataset". */
export interface Dataset {
  /** Makes sure that the videos exist, and lists them. A second call is quick. */
  prepare(options?: PrepareOptions): Promise<PreparedDataset>;
  /**
   * Summarises what {@linkcode Dataset.prepare} would return, without making or probing anything.
   *
   * @throws {Error} if a list is missing or ill-formed
   */
  summarize(): Promise<DatasetSummary>;
}
