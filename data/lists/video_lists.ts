import type { SkippedEntry } from "./skipped_entry.ts";
import type { MissingVideos } from "../oscc/ego4d_oscc.ts";

/** A video of a list. */
export interface ListedVideo {
  /** Absolute path of the file. */
  readonly path: string;
  /** Class, from 0. */
  readonly label: number;
}

/** One part of a data set, such as its training videos. */
export interface VideoList {
  /** "train", "validation", "test" or "held-out". */
  readonly name: string;
  /** Its videos, in the order of the data set's own files. */
  readonly videos: readonly ListedVideo[];
  /** Missing videos, as named by the data set. */
  readonly missing: readonly string[];
}

/** The lists of a data set. */
export interface VideoLists {
  /** Class names by label. */
  readonly classes: readonly string[];
  /** Its parts, at least one of which contains a video. */
  readonly lists: readonly VideoList[];
  /** Files and folders that are in no list, since they are hidden or not videos. */
  readonly skipped: readonly SkippedEntry[];
}

/** Options of all list builders. */
export interface VideoListsOptions {
  /** Folder of the videos, in class folders or not. */
  videos: string;
  /** What to do about missing videos. @default "error" (Kinetics: "leave-out") */
  missing?: MissingVideos;
}
