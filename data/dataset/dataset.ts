import type { VideoRecord } from "../index/video_record.ts";

/** How far {@linkcode Dataset.prepare} is. */
export interface PrepareProgress {
  /** What is being made, for people. */
  what: string;
  /** Parts that are done. */
  done: number;
  /** Parts in all. */
  total: number;
}

/** How {@linkcode Dataset.prepare} works. */
export interface PrepareOptions {
  /** Called now and then. */
  onProgress?: (progress: PrepareProgress) => void;
  /** Stops the work; nothing half made is left behind. */
  signal?: AbortSignal;
}

/** From when to when, in seconds. */
export interface Stretch {
  /** From 0. */
  readonly start: number;
  /** Above `start`. */
  readonly end: number;
}

/** One labelled stretch of a video. */
export interface VideoSample {
  /** Absolute path of the video. */
  readonly path: string;
  /** Class, counted from 0; below the number of classes. */
  readonly label: number;
  /** The stretch, counted from the start of the video. @default all of it */
  readonly seconds?: Stretch;
}

/** A data set that is ready to be read. */
export interface PreparedDataset {
  /** What is trained on; at least one sample. */
  readonly train: readonly VideoSample[];
  /** What progress is measured on during training, or null if nothing is held out. */
  readonly heldOut: readonly VideoSample[] | null;
  /** What the final figures are measured on, or null if the held-out samples serve. */
  readonly test: readonly VideoSample[] | null;
  /** Names of the classes by label. */
  readonly classes: readonly string[];
  /** Records of videos that the set made itself and so need not be probed. */
  readonly known?: readonly VideoRecord[];
}

/** What is known about a data set before it is prepared. */
export interface DatasetSummary {
  /** A line for people: how many videos, from where. */
  readonly text: string;
  /** Samples that are trained on, those that may turn out to be unreadable included. */
  readonly train: number;
  /** Number of classes. */
  readonly classes: number;
}

/** What plugins of kind "dataset" make. */
export interface Dataset {
  /** Makes sure that the videos are there, and says where. A second call is quick. */
  prepare(options?: PrepareOptions): Promise<PreparedDataset>;
  /**
   * What {@linkcode Dataset.prepare} would give; makes and probes nothing.
   *
   * @throws {Error} if a list is missing or ill-formed
   */
  summarize(): Promise<DatasetSummary>;
}
