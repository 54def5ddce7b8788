import { definePlugin, type Plugin } from "@videoms/core";
import { dirname, join, resolve } from "node:path";
import { type Annotation, readAnnotations } from "../annotations/annotations.ts";
import { readExclusions } from "../annotations/exclusions.ts";
import type { Dataset, PreparedDataset, VideoSample } from "./dataset.ts";

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
  const readAll = async (): Promise<(Annotation[] | null)[]> => {
    const excluded = exclude === "" ? undefined : await readExclusions(exclude, reading);
    const read = (list: string) => readAnnotations(list, { ...reading, exclude: excluded });
    const readIfNamed = (list: string) => list === "" ? null : read(list);
    return [await read(train), await readIfNamed(heldOut), await readIfNamed(test)];
  };
  /** How many lines the exclusions take out of the lists, of which the rest is given. */
  const leftOut = async (kept: readonly (readonly Annotation[] | null)[]): Promise<number> => {
    let lines = 0;
    for (const list of [train, heldOut, test].filter((list) => list !== "")) {
      lines += (await readAnnotations(list, { ...reading, checkFiles: false })).length;
    }
    return kept.reduce((left, list) => left - (list?.length ?? 0), lines);
  };
  const classesOf = async (lists: readonly (readonly Annotation[] | null)[]) =>
    options.classes.length > 0
      ? options.classes
      : named(lists, await readClassNames(train), classCount);
  return {
    async prepare(): Promise<PreparedDataset> {
      const lists = await readAll();
      const [training, held, tested] = lists.map((list) => list && list.map(sampleOf));
      return { train: training!, heldOut: held, test: tested, classes: await classesOf(lists) };
    },
    async summarize() {
      const lists = await readAll();
      const [training, held, tested] = lists;
      const parts = [
        `${training!.length} videos of ${train}`,
        held ? `${held.length} held out` : "none held out",
        ...tested ? [`${tested.length} to test on`] : [],
        ...exclude === "" ? [] : [`${await leftOut(lists)} left out by ${exclude}`],
      ];
      return {
        text: parts.join(", "),
        train: training!.length,
        classes: (await classesOf(lists)).length,
      };
    },
  };
}

function sampleOf({ path, label }: Annotation): VideoSample {
  return { path, label };
}

/** The lines of `classes.txt` beside a list; none if there is no such file. */
async function readClassNames(list: string): Promise<string[]> {
  const file = join(dirname(resolve(list)), "classes.txt");
  try {
    const text = await Deno.readTextFile(file);
    return text.trimEnd().split(/\r?\n/);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
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
