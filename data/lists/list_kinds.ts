import { folderLists } from "./folder_lists.ts";
import { hmdb51Lists } from "./hmdb51_lists.ts";
import { kineticsLists } from "./kinetics_lists.ts";
import { ssv2Lists } from "./ssv2_lists.ts";
import { ucf101Lists } from "./ucf101_lists.ts";
import type { VideoLists } from "./video_lists.ts";
import type { MissingVideos } from "../oscc/ego4d_oscc.ts";
import { basename, resolve } from "node:path";

/** What is said of lists that are to be written; each kind takes some of it. */
export interface ListInput {
  videos: string;
  splits: string;
  annotations: string;
  csv: readonly string[];
  split?: number;
  missing?: MissingVideos;
  heldOut?: number;
  seed?: number;
  pattern?: string;
  folds?: number;
}

/** A kind of lists that can be written: of a public data set, or of folders. */
export interface ListKind {
  /** What must be said. */
  readonly needs: readonly (keyof ListInput)[];
  /** What may be said beside. */
  readonly takes: readonly (keyof ListInput)[];
  /** What the set's files must be like. */
  readonly help: string;
  /** Folder for the lists where none is named. */
  out(input: ListInput): string;
  build(input: ListInput): Promise<VideoLists>;
}

/** The kinds by name. */
export const LIST_KINDS: Readonly<Record<string, ListKind>> = {
  ucf101: {
    needs: ["splits", "videos"],
    takes: ["split", "missing"],
    help: "--splits is the folder of the official splits: classInd.txt (`1 ApplyEyeMakeup`), " +
      "trainlist01.txt (`ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1`) and testlist01.txt, which has " +
      "no numbers. Writes train.txt and test.txt; labels start at 0.",
    out: () => "datasets/ucf101",
    build: ucf101Lists,
  },
  hmdb51: {
    needs: ["splits", "videos"],
    takes: ["split", "missing"],
    help:
      "--splits is the folder of the official splits: <class>_test_split1.txt for each class, with " +
      "lines `video.avi 1`, where 1 is for training, 2 for tests and 0 for neither. Writes train.txt and " +
      "test.txt; labels follow the sorted names of the classes.",
    out: () => "datasets/hmdb51",
    build: hmdb51Lists,
  },
  ssv2: {
    needs: ["annotations", "videos"],
    takes: ["missing"],
    help: "--annotations is the folder of labels.json, train.json and validation.json, also as " +
      "something-something-v2-labels.json and so on; videos are <id>.webm. Writes train.txt and " +
      "validation.txt; labels are those of labels.json.",
    out: () => "datasets/ssv2",
    build: ssv2Lists,
  },
  kinetics: {
    needs: ["csv", "videos"],
    takes: ["missing"],
    help:
      "--csv is an annotation file with the columns label,youtube_id,time_start,time_end,split; give " +
      "it for each file, as labels follow the sorted classes of all of them. Videos are " +
      "<youtube_id>_000010_000020.mp4 (or _10_20.mp4). Writes train.txt, validation.txt and test.txt, as " +
      "far as the files have them. Videos that are not there are left out and named in missing.txt.",
    out: () => "datasets/kinetics",
    build: kineticsLists,
  },
  folders: {
    needs: ["videos"],
    takes: ["heldOut", "folds", "seed", "pattern"],
    help:
      "--videos holds a folder for each class (or train, val and test with such folders); labels " +
      "follow their sorted names. Writes train.txt and, with --held-out 0.2, held-out.txt with that " +
      "share of each class, drawn at random by --seed, or with --folds 4 the lists of a cross-validation. Without such folders, --pattern finds the class in the " +
      "path of each video. Videos cut from one recording should stay in one list: such sets need a pattern " +
      "with a group, such as (?<class>[a-z]+)_(?<group>\\d+)\\.mp4, or lists of their own.",
    out: ({ videos }) => `datasets/${basename(resolve(videos))}`,
    build: folderLists,
  },
};

/** Why there is no list for Ego4D, and what there is. */
export const EGO4D_HELP: string =
  "Ego4D's windows are parts of long videos, which a list cannot express; its JSON is read directly: " +
  "--set data.dataset=ego4d-oscc --set data.dataset.train=fho_oscc-pnr_train.json --set " +
  "data.dataset.videos=<folder>, as in tasks/oscc/finetune.ts.";
