/**
 * A data set for VideoMS.
 *
 * @module
 */

import { basename, dirname, resolve } from "node:path";
import { definePlugin, type Plugin } from "@videoms/core";
import { type Dataset, type PreparedDataset, videoFiles } from "@videoms/data";

/** Options of {@linkcode myModule}. */
export interface MyModuleOptions {
  /** Folder with a folder of videos for each class. @default "" (must be set) */
  dir: string;
  /** Of every so many videos of a class one is held out; 0 for none. @default 5 */
  holdOut: number;
}

/** Videos in folders that are named after their classes. */
export const myModule: Plugin<"dataset", MyModuleOptions, Dataset> = definePlugin({
  kind: "dataset",
  name: "my-module",
  summary: "videos in folders that are named after their classes",
  defaults: { dir: "", holdOut: 5 },
  paths: ["dir"], // in a task file, from the folder of that file
  help: {
    dir: "folder with a folder of videos for each class",
    holdOut: "of every so many videos of a class one is held out; 0 for none",
  },
  create: createMyModule,
});

function createMyModule({ dir, holdOut }: Readonly<MyModuleOptions>): Dataset {
  if (!Number.isSafeInteger(holdOut) || holdOut < 0 || holdOut === 1) {
    throw new RangeError(
      `Cannot build dataset "my-module": holdOut must be 0 or at least 2, got ${holdOut}`,
    );
  }
  const list = async (): Promise<PreparedDataset> => {
    const paths = dir === "" ? [] : await videoFiles(resolve(dir));
    if (paths.length === 0) {
      throw new Error(`Cannot read dataset "my-module": dir must hold videos, got "${dir}"`);
    }
    const byClass = Map.groupBy(paths, (path) => basename(dirname(path)));
    const classes = [...byClass.keys()].sort();
    const samples = classes.flatMap((name, label) =>
      byClass.get(name)!.map((path, i) => [(i + 1) % holdOut === 0, { path, label }] as const)
    );
    const [train, heldOut] = [false, true].map((held) =>
      samples.filter(([isHeldOut]) => isHeldOut === held).map(([, sample]) => sample)
    );
    return { train, heldOut: heldOut.length > 0 ? heldOut : null, test: null, classes };
  };
  return {
    prepare: list,
    async summarize() {
      const { train: { length: train }, heldOut, classes: { length: classes } } = await list();
      const text = `${train} videos of ${classes} classes, ${heldOut?.length ?? 0} held out`;
      return { text, train, classes };
    },
  };
}
