import type { PassedOver } from "./passed_over.ts";
import type { MissingVideos } from "../oscc/ego4d_oscc.ts";

/** A video of a list. */
export interface ListedVideo {
  /** Absolute path of the file. */
  readonly path: string;
  /** Class, counted from 0. */
  readonly label: number;
}

/** One part of a set, such as its training videos. */
export interface VideoList {
  /** "train", "validation", "test" or "held-out". */
  readonly name: string;
  /** Its videos, in the order of the set's own files. */
  readonly videos: readonly ListedVideo[];
  /** Videos that the set names and that are not there, as the set names them. */
  readonly missing: readonly string[];
}

/** The lists of a set. */
export interface VideoLists {
  /** Names of the classes by label. */
  readonly classes: readonly string[];
  /** Its parts. At least one holds a video. */
  readonly lists: readonly VideoList[];
  /** Files and folders that are there and in no list, since they are no videos or hidden. */
  readonly passedOver: readonly PassedOver[];
}

/** What all builders of lists are told. */
export interface VideoListsOptions {
  /** Folder of the videos, in folders of their classes or not. */
  videos: string;
  /** What is done about videos that are not there. @default "error" (Kinetics: "leave-out") */
  missing?: MissingVideos;
}
