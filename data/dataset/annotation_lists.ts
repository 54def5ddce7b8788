import { definePlugin, type Plugin } from "@videoms/core";
import { dirname, join, resolve } from "node:path";
import {
  type Annotation,
  readAnnotations,
  type ReadAnnotationsOptions,
} from "../annotations/annotations.ts";
import { readExclusions } from "../annotations/exclusions.ts";
import { readListText } from "../annotations/read_list.ts";
import type { Dataset, PreparedDataset, VideoSample } from "./dataset.ts";
import { ifThere } from "../files/if_there.ts";

/** Options of {@linkcode annotations}. */
export interface AnnotationsOptions {
  /** Annotation list of the training videos, one `path label` a line. @default "" (must be set) */
  train: string;
  /** Annotation list of videos that training is watched by; none if empty. @default "" */
  heldOut: string;
  /** Annotation list that final figures are measured on; the held-out one if empty. @default "" */
  test: string;
  /** Folder that relative paths in the lists start from; each list's own if empty. @default "" */
  dataRoot: string;
  /**
   * File of videos that are left out of every list, a path a line, such as `data verify --bad` writes;
   * none if empty.
   *
   * @default ""
   */
  exclude: string;
  /**
   * Names of the classes by label. If empty, the lines of `classes.txt` beside the training list, as
   * `data list` writes it; labels without a name go by their number.
   *
   * @default []
   */
  classes: string[];
  /** Number of classes where no names are given; 0 if it is not known. @default 0 */
  classCount: number;
}

/**
 * Videos that are already there, named by annotation lists.
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
  summary: "your own videos, named by lists of `path label` lines",
  defaults: {
    train: "",
    heldOut: "",
    test: "",
    dataRoot: "",
    exclude: "",
    classes: [] as string[],
    classCount: 0,
  },
  paths: ["train", "heldOut", "test", "dataRoot", "exclude"],
  help: {
    train: "list of the training videos",
    heldOut: "list of videos that training is watched by; empty for none",
    test: "list of videos for the final figures; empty for the held-out ones",
    dataRoot: "folder that relative paths start from; empty for each list's own",
    exclude: "file of videos to leave out, a path a line; empty for none",
    classes: "names of the classes by label; empty for those of classes.txt beside the list",
    classCount:
      "number of classes where no names are given, so that labels can be checked; 0 if unknown",
  },
  create: createAnnotationLists,
});

function createAnnotationLists(options: Readonly<AnnotationsOptions>): Dataset {
  const { train, heldOut, test, dataRoot, exclude, classCount } = options;
  if (train === "") {
    throw new RangeError('Cannot use annotation lists: "train" must name a list, got ""');
  }
  if (!Number.isSafeInteger(classCount) || classCount < 0) {
    throw new RangeError(
      `Cannot use annotation lists: classCount must be a whole number from 0, got ${classCount}`,
    );
  }
  const reading = {
    dataRoot: dataRoot === "" ? undefined : resolve(dataRoot),
    classes: options.classes.length || classCount || undefined,
  };
  const files = [train, heldOut, test];
  const readAll = (more: ReadAnnotationsOptions = {}) =>
    Promise.all(
      files.map((list) => list === "" ? null : readAnnotations(list, { ...reading, ...more })),
    );
  /** The lists without what is excluded, and what became of the exclusions. */
  const readKept = async (): Promise<KeptLists> => {
    if (exclude === "") return { lists: await readAll(), note: [] };
    const all = (await readAll({ checkFiles: false })).flatMap((list) => list ?? []);
    const videos = all.map(({ path }) => path);
    const { paths, unmatched } = await readExclusions(exclude, { ...reading, videos });
    const left = all.filter(({ path }) => paths.has(path)).length;
    const strangers = unmatched.length > 0 ? ` (${unmatched.length} of its paths in no list)` : "";
    return {
      lists: await readAll({ exclude: paths }),
      note: [`${left} left out by ${exclude}${strangers}`],
    };
  };
  const classesOf = async (lists: readonly (readonly Annotation[] | null)[]) =>
    options.classes.length > 0
      ? options.classes
      : named(lists, await readClassNames(train), classCount);
  return {
    async prepare(): Promise<PreparedDataset> {
      const { lists } = await readKept();
      const [training, held, tested] = lists.map((list) => list && list.map(sampleOf));
      return { train: training!, heldOut: held, test: tested, classes: await classesOf(lists) };
    },
    async summarize() {
      const { lists, note } = await readKept();
      const [training, held, tested] = lists;
      const parts = [
        `${training!.length} videos of ${train}`,
        held ? `${held.length} held out` : "none held out",
        ...tested ? [`${tested.length} to test on`] : [],
        ...note,
      ];
      return {
        text: parts.join(", "),
        train: training!.length,
        classes: (await classesOf(lists)).length,
      };
    },
  };
}

/** The lists of training, held-out and test videos, and a note on what was left out, if anything was. */
interface KeptLists {
  readonly lists: readonly (readonly Annotation[] | null)[];
  readonly note: readonly string[];
}

function sampleOf({ path, label }: Annotation): VideoSample {
  return { path, label };
}

/** The lines of `classes.txt` beside a list; none if there is no such file. */
async function readClassNames(list: string): Promise<string[]> {
  const file = join(dirname(resolve(list)), "classes.txt");
  const text = await ifThere(readListText(file));
  return text === null ? [] : text.trimEnd().split(/\r?\n/);
}

/** Names of `count` classes, if it is given, or else of all that have a name or a video. */
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
