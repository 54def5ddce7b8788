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

/** A data set that is ready to be read. */
export interface PreparedDataset {
  /** Absolute path of the annotation list of the training videos. */
  readonly train: string;
  /** Absolute path of the annotation list of held-out videos, or null if there are none. */
  readonly heldOut: string | null;
  /** Folder that relative paths in the lists start from, or null for the folder of each list. */
  readonly dataRoot: string | null;
  /** Names of the classes by label. */
  readonly classes: readonly string[];
  /** Records of videos that the set made itself and so need not be probed. */
  readonly known?: readonly VideoRecord[];
}

/** What plugins of kind "dataset" make. */
export interface Dataset {
  /** Makes sure that the videos are there, and says where. A second call is quick. */
  prepare(options?: PrepareOptions): Promise<PreparedDataset>;
  /**
   * What {@linkcode Dataset.prepare} would give, in a line for people; makes and probes nothing.
   *
   * @throws {Error} if a list is missing or ill-formed
   */
  summarize(): Promise<string>;
}
