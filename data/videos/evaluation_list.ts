import type { Registry } from "@videoms/core";
import {
  areUnnamed,
  type LabelMap,
  type LabelPair,
  mapLabels,
  readLabelPairs,
} from "../annotations/label_map.ts";
import {
  annotations,
  type AnnotationsOptions,
  readClassNames,
} from "../dataset/annotation_lists.ts";
import type { LabelledVideo } from "../loader/clip_batch.ts";
import type { Split } from "./labelled_videos.ts";
import { listRows, splitFor } from "./list_rows.ts";
import {
  prepareVideos,
  type PrepareVideosOptions,
  type RunVideos,
  type VideosTask,
} from "./prepare_videos.ts";

/** Lists of a data set that can be evaluated. */
export const SPLITS = ["test", "held-out", "train"] as const;

/** A list of a data set that can be evaluated. */
export type EvaluatedSplit = typeof SPLITS[number];

/** Which videos are evaluated. */
export interface ListChoice {
  /** A list of the task's data set. @default "test" */
  split?: EvaluatedSplit;
  /** Annotation list in place of the data set, one `path label` a line. @default none */
  annotations?: string;
  /** Folder that relative paths in lists start from. @default each list's own */
  dataRoot?: string;
  /**
   * CSV with columns `head` and `class`, names or numbers: what the labels of the classifier count for.
   *
   * @default labels count for the classes of their names, where the list has other classes than the classifier
   */
  labelMap?: string;
}

/** A video of a list, whether it can be read or not. */
export interface EvaluatedVideo {
  /** The file. */
  readonly path: string;
  /** Class, counted from 0. */
  readonly label: number;
  /** What is predicted in place of a class. @default nothing, the label is */
  readonly targets?: readonly number[];
  /** The frames that views are taken from, the end exclusive. @default the whole video */
  readonly window?: { readonly start: number; readonly end: number };
}

/** A list of videos to evaluate. */
export interface EvaluationList {
  /** What the list is called: the split that it is, or the path of the annotation list. */
  name: string;
  /** Every video of the list, by row. */
  videos: EvaluatedVideo[];
  /** By row: what can be decoded, or why nothing can. */
  readable: (LabelledVideo | string)[];
  /** Names of its classes. */
  classes: readonly string[];
  /** What the labels of the classifier count for; null if they are the classes of the list. */
  labelMap: LabelMap | null;
}

/**
 * The data that a task's classifier is evaluated on.
 *
 * @param classes names of the classes that the classifier tells apart
 * @throws {RangeError} for a data root and a data set that has none
 */
export async function evaluationData(
  task: VideosTask,
  classes: readonly string[],
  { annotations: list, dataRoot, labelMap }: ListChoice,
): Promise<VideosTask["data"]> {
  // Unreadable videos are counted, however many there are.
  const data = { ...task.data, maxReplaced: 1 };
  if (list !== undefined) {
    const own = await readClassNames(list);
    const pairs = labelMap === undefined ? null : await readLabelPairs(labelMap);
    const dataset = annotations({
      ...formOf(task.data.dataset),
      train: list,
      dataRoot: dataRoot ?? "",
      classes: own.length > 0 ? own : pairs ? numbered(pairs) : [...classes],
    });
    return { ...data, dataset };
  }
  if (dataRoot === undefined) return data;
  const { dataset } = data;
  if (!Object.hasOwn(dataset.options, "dataRoot")) {
    throw new RangeError(
      `Cannot evaluate: a data root must be for lists of paths, got one for data set "${dataset.name}"`,
    );
  }
  return { ...data, dataset: { ...dataset, options: { ...dataset.options, dataRoot } } };
}

/** The classes of a list without names: the numbers up to the largest that labels count for. */
function numbered(pairs: readonly LabelPair[]): string[] {
  const numbers = pairs.map((pair) => Number(pair.class)).filter(Number.isSafeInteger);
  return Array.from({ length: Math.max(-1, ...numbers) + 1 }, (_, label) => String(label));
}

/** What the labels of a classifier count for in the classes of a list; null if they are these. */
async function mapOfList(
  videos: Pick<RunVideos, "classes" | "targets">,
  head: readonly string[],
  file: string | undefined,
): Promise<LabelMap | null> {
  const { classes, targets } = videos;
  const differs = head.findIndex((name, label) => classes[label] !== name);
  const isSame = differs < 0 && classes.length === head.length;
  if (file !== undefined) {
    return mapLabels(head, classes, await readLabelPairs(file));
  }
  if (isSame) return null;
  if (targets || areUnnamed(head) || areUnnamed(classes)) {
    throw new RangeError(
      `Cannot evaluate: the data set must have the ${head.length} classes of the classifier, got ` +
        `${classes.length}` +
        (differs >= 0 ? `, with "${classes[differs]}" for "${head[differs]}"` : ""),
    );
  }
  return mapLabels(head, classes);
}

/** Options of lists that say how they are written. */
const FORM = [
  "columns",
  "images",
  "imageFps",
  "numbers",
  "labels",
] as const satisfies (keyof AnnotationsOptions)[];

/** How the lists of a data set are written, if it has lists: another list is taken to be of the same form. */
function formOf({ name, options }: VideosTask["data"]["dataset"]): Partial<AnnotationsOptions> {
  if (name !== "annotations") return {};
  const given = FORM.filter((option) => options[option] !== undefined); // older runs have none
  return Object.fromEntries(given.map((option) => [option, options[option]]));
}

const SPLIT_OF = { test: "test", "held-out": "heldOut", train: "train" } as const;

const NAMES = { test: "test", heldOut: "held-out", train: "train" } as const;

type Rows = Pick<EvaluationList, "videos" | "readable">;

function byRow(videos: RunVideos, split: Split): Rows {
  const list: Rows = { videos: [], readable: [] };
  for (const row of listRows(videos, split)) {
    if ("error" in row) {
      list.videos.push({ path: row.path, label: row.label });
      list.readable.push(row.error);
    } else {
      const { record: { path }, ...more } = row;
      list.videos.push({ path, ...more });
      list.readable.push(row);
    }
  }
  return list;
}

/**
 * Finds the videos to evaluate and probes each file once.
 *
 * @param classes names of the classes that the classifier tells apart
 * @throws {Error} if a list is missing or ill-formed
 * @throws {RangeError} if it has other classes, which labels of the classifier cannot be mapped onto
 */
export async function evaluationList(
  task: VideosTask,
  classes: readonly string[],
  registry: Registry,
  choice: ListChoice,
  options: PrepareVideosOptions,
): Promise<EvaluationList> {
  const data = await evaluationData(task, classes, choice);
  const videos = await prepareVideos({ data }, registry, options);
  const labelMap = await mapOfList(videos, classes, choice.labelMap);
  const more = { classes: videos.classes, labelMap };
  if (choice.annotations !== undefined) {
    return { name: choice.annotations, ...byRow(videos, "train"), ...more };
  }
  const split = splitFor(videos, SPLIT_OF[choice.split ?? "test"]);
  return { name: NAMES[split], ...byRow(videos, split), ...more };
}
