import { definePlugin, type Plugin } from "@videoms/core";
import { resolve } from "node:path";
import { readAnnotations } from "../annotations/annotations.ts";
import type { Dataset, PreparedDataset } from "./dataset.ts";

/** Options of {@linkcode annotations}. */
export interface AnnotationsOptions {
  /** Annotation list of the training videos, one `path label` a line. @default "" (must be set) */
  train: string;
  /** Annotation list of held-out videos; none if empty. @default "" */
  heldOut: string;
  /** Folder that relative paths in the lists start from; each list's own if empty. @default "" */
  dataRoot: string;
  /** Names of the classes by label; the numbers themselves if empty. @default [] */
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
  defaults: { train: "", heldOut: "", dataRoot: "", classes: [] as string[], classCount: 0 },
  help: {
    train: "list of the training videos",
    heldOut: "list of held-out videos; empty for none",
    dataRoot: "folder that relative paths start from; empty for each list's own",
    classes: "names of the classes by label; empty for the numbers",
    classCount:
      "number of classes where no names are given, so that labels can be checked; 0 if unknown",
  },
  create: createAnnotationLists,
});

function createAnnotationLists(options: Readonly<AnnotationsOptions>): Dataset {
  const { train, heldOut, dataRoot } = options;
  if (train === "") {
    throw new RangeError('Cannot use annotation lists: "train" must name a list, got ""');
  }
  const read = {
    dataRoot: dataRoot === "" ? undefined : resolve(dataRoot),
    classes: options.classes.length || options.classCount || undefined,
  };
  if (!Number.isSafeInteger(options.classCount) || options.classCount < 0) {
    throw new RangeError(
      `Cannot use annotation lists: classCount must be a whole number from 0, got ${options.classCount}`,
    );
  }
  return {
    async prepare(): Promise<PreparedDataset> {
      const lists = [train, heldOut].filter((list) => list !== "");
      let count = options.classCount;
      for (const list of lists) {
        for (const { label } of await readAnnotations(list, read)) {
          count = Math.max(count, label + 1);
        }
      }
      return {
        train: resolve(train),
        heldOut: heldOut === "" ? null : resolve(heldOut),
        dataRoot: read.dataRoot ?? null,
        classes: options.classes.length > 0
          ? options.classes
          : Array.from({ length: count }, (_, label) => String(label)),
      };
    },
    async summarize() {
      const count = async (list: string) => (await readAnnotations(list, read)).length;
      const held = heldOut === "" ? "none held out" : `${await count(heldOut)} held out`;
      return `${await count(train)} videos of ${train}, ${held}`;
    },
  };
}
