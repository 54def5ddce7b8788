import { definePlugin, type Plugin } from "@videoms/core/plain";
import { dirname, join, resolve } from "node:path";
import {
  type Annotation,
  readAnnotations,
  type ReadAnnotationsOptions,
} from "../annotations/annotations.ts";
import { readExclusions } from "../annotations/exclusions.ts";
import { DEFAULT_COLUMNS } from "../annotations/list_columns.ts";
import { readListText } from "../annotations/read_list.ts";
import type { TargetColumns } from "../annotations/target_columns.ts";
import { classShare } from "./class_share.ts";
import type { Dataset, PreparedDataset, VideoSample } from "./dataset.ts";
import { ifThere } from "../files/if_there.ts";

/** Options of {@linkcode annotations}. */
export interface AnnotationsOptions {
  /** Annotation list of the training videos, one `path label` per line. @default "" (must be set) */
  train: string;
  /** Annotation list of held-out videos for validation; none if empty. @default "" */
  heldOut: string;
  /** Annotation list of test videos; the held-out list if empty. @default "" */
  test: string;
  /** Base folder of relative paths; each list's own folder if empty. @default "" */
  dataRoot: string;
  /**
   * File of videos to exclude from every list, one path per line, as written by `data verify --bad`; none if
   * empty.
   *
   * @default ""
   */
  exclude: string;
  /**
   * Class names by label. If empty, the lines of `classes.txt` beside the training list, as written by `data
   * list`; labels without a name are shown as numbers.
   *
   * @default []
   */
  classes: string[];
  /** Number of classes if no names are given; 0 if unknown. @default 0 */
  classCount: number;
  /** Share of the training videos to use, of each class alike; above 0, up to 1. @default 1 */
  share: number;
  /**
   * What a line of the lists holds: `path`, then any of `start` (first frame, from 0), `frames` (their number, -1 for
   * all that follow) and `label`. For lists of TSN and MMAction2: "path frames label". @default "path label"
   */
  columns: string;
  /**
   * Pattern of the images in the folders that the lists name, such as `img_%05d.jpg`. If empty, lines name videos or
   * folders of one series of images. @default ""
   */
  images: string;
  /** Frames per second of images, which have no times of their own; 0 if unknown. @default 0 */
  imageFps: number;
  /**
   * Columns of numbers that are predicted in place of a class. The lists are then CSV with a header, whose paths are in
   * a column `path`. @default [] (a class is predicted)
   */
  numbers: string[];
  /** Columns of labels, each 0 or 1, that are predicted in place of a class, as `numbers`. @default [] */
  labels: string[];
}

/**
 * Existing videos and folders of images, named by annotation lists.
 *
 * @example
 * ```ts
 * import { annotations } from "@videoms/data";
 *
 * const dataset = annotations({ train: "lists/train.txt", heldOut: "lists/test.txt" });
 * console.assert(dataset.name === "annotations");
 * ```
 */
export const annotations: Plugin<"dataset", AnnotationsOptions, Dataset> = definePlugin({
  kind: "dataset",
  name: "annotations",
  summary: "your own videos or folders of images, named by lists of `path label` lines",
  defaults: {
    train: "",
    heldOut: "",
    test: "",
    dataRoot: "",
    exclude: "",
    classes: [] as string[],
    classCount: 0,
    share: 1,
    columns: DEFAULT_COLUMNS,
    images: "",
    imageFps: 0,
    numbers: [] as string[],
    labels: [] as string[],
  },
  earlier: {
    ...{ share: 1, columns: DEFAULT_COLUMNS, images: "", imageFps: 0 },
    ...{ numbers: [], labels: [] },
  },
  paths: ["train", "heldOut", "test", "dataRoot", "exclude"],
  help: {
    train: "list of the training videos",
    heldOut: "list of held-out videos for validation; empty for none",
    test: "list of test videos; empty for the held-out ones",
    dataRoot: "base folder of relative paths; empty for each list's own folder",
    exclude: "file of videos to exclude, one path per line; empty for none",
    classes: "class names by label; empty for those in classes.txt beside the list",
    classCount: "number of classes if no names are given, to check labels; 0 if unknown",
    share: "share of the training videos to use, of each class alike; above 0, up to 1",
    columns: "what a line holds: path, then any of start, frames and label",
    images: "pattern of the images in folders, such as img_%05d.jpg; empty for videos",
    imageFps: "frames per second of images, which have no times; 0 if unknown",
    numbers: "columns of CSV lists that are predicted, numbers in place of a class",
    labels: "columns of CSV lists that are predicted, labels of 0 or 1 in place of a class",
  },
  create: createAnnotationLists,
});

function createAnnotationLists(options: Readonly<AnnotationsOptions>): Dataset {
  const { train, heldOut, test, dataRoot, exclude, classCount, share, imageFps } = options;
  if (train === "") {
    throw new RangeError('Cannot read annotation lists: "train" must name a list, got ""');
  }
  if (!Number.isSafeInteger(classCount) || classCount < 0) {
    throw new RangeError(
      `Cannot read annotation lists: classCount must be a whole number from 0, got ${classCount}`,
    );
  }
  if (!(share > 0 && share <= 1)) {
    throw new RangeError(
      `Cannot read annotation lists: share must be a number above 0 and up to 1, got ${share}`,
    );
  }
  if (!(imageFps >= 0 && Number.isFinite(imageFps))) {
    throw new RangeError(
      `Cannot read annotation lists: imageFps must be a number from 0, got ${imageFps}`,
    );
  }
  const targets = targetColumns(options);
  const reading = {
    targets,
    dataRoot: dataRoot === "" ? undefined : resolve(dataRoot),
    classes: targets ? undefined : options.classes.length || classCount || undefined,
    columns: options.columns,
    images: options.images,
  };
  const files = [train, heldOut, test];
  const readAll = (more: ReadAnnotationsOptions = {}) =>
    Promise.all(
      files.map((list) => list === "" ? null : readAnnotations(list, { ...reading, ...more })),
    );
  /** The lists without excluded videos, and a note on the exclusions. */
  const readKept = async (): Promise<KeptLists> => {
    if (exclude === "") return { lists: await readAll(), note: [] };
    const all = (await readAll({ checkFiles: false })).flatMap((list) => list ?? []);
    const videos = all.map(({ path }) => path);
    const { paths, unmatched } = await readExclusions(exclude, { ...reading, videos });
    const left = all.filter(({ path }) => paths.has(path)).length;
    const strangers = unmatched.length > 0 ? ` (${unmatched.length} of its paths in no list)` : "";
    return {
      lists: await readAll({ exclude: paths }),
      note: [`${left} excluded by ${exclude}${strangers}`],
    };
  };
  const classesOf = async (lists: readonly (readonly Annotation[] | null)[]) =>
    targets
      ? targets.names
      : options.classes.length > 0
      ? options.classes
      : named(lists, await readClassNames(train), classCount);
  return {
    async prepare(): Promise<PreparedDataset> {
      const { lists } = await readKept();
      const [training, held, tested] = lists.map((list) =>
        list && list.map((line) => sampleOf(line, imageFps))
      );
      return {
        train: classShare(training!, share),
        heldOut: held,
        test: tested,
        classes: await classesOf(lists),
        ...targets ? { targets: targets.kind } : {},
      };
    },
    async summarize() {
      const { lists, note } = await readKept();
      const [training, held, tested] = lists;
      const used = classShare(training!, share).length;
      const parts = [
        `${share < 1 ? `${used} of ` : ""}${training!.length} videos of ${train}`,
        held ? `${held.length} held out` : "none held out",
        ...tested ? [`${tested.length} to test on`] : [],
        ...note,
      ];
      const classNames = await classesOf(lists);
      return { text: parts.join(", "), train: used, classes: classNames.length, classNames };
    },
  };
}

/** The lists of training, held-out and test videos, and a note on exclusions, if any. */
interface KeptLists {
  readonly lists: readonly (readonly Annotation[] | null)[];
  readonly note: readonly string[];
}

/** The columns that are predicted in place of a class. */
function targetColumns(
  { numbers, labels }: Readonly<AnnotationsOptions>,
): TargetColumns | undefined {
  if (numbers.length > 0 && labels.length > 0) {
    throw new RangeError(
      "Cannot read annotation lists: numbers or labels must be predicted, got columns of both",
    );
  }
  if (numbers.length > 0) return { kind: "numbers", names: numbers };
  return labels.length > 0 ? { kind: "labels", names: labels } : undefined;
}

function sampleOf({ line: _, ...sample }: Annotation, imageFps: number): VideoSample {
  return { ...sample, ...imageFps > 0 ? { imageFps } : {} };
}

/** The lines of `classes.txt` beside a list, if it exists. */
export async function readClassNames(list: string): Promise<string[]> {
  const file = join(dirname(resolve(list)), "classes.txt");
  const text = await ifThere(readListText(file));
  return text === null ? [] : text.trimEnd().split(/\r?\n/);
}

/** Names of `count` classes if given, or else of all with a name or a video. */
function named(
  lists: readonly (readonly Annotation[] | null)[],
  names: readonly string[],
  count: number,
): string[] {
  let classes = count || names.length;
  for (const list of lists) {
    for (const { label } of list ?? []) classes = Math.max(classes, label + 1);
  }
  return Array.from({ length: classes }, (_, label) => names[label] || String(label));
}
