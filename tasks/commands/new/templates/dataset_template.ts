import type { Template } from "./template.ts";

/** A data set. */
export const DATASET_TEMPLATE: Template = {
  what: "a data set",
  packages: ["core", "data"],
  permissions: ["read", "write", "env", "run=ffmpeg,ffprobe"],
  flags: "--set data.dataset=my-module --set data.dataset.dir=<folder>",
  source: `import { basename, dirname, resolve } from "node:path";
import { definePlugin, type Plugin } from "@videoms/core";
import { type Dataset, type PreparedDataset, videoFiles, type VideoSample } from "@videoms/data";

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
      \`Cannot build dataset "my-module": holdOut must be 0 or at least 2, got \${holdOut}\`,
    );
  }
  const classOf = (path: string) => basename(dirname(path));
  const list = async (): Promise<PreparedDataset> => {
    const paths = dir === "" ? [] : await videoFiles(resolve(dir));
    if (paths.length === 0) {
      throw new Error(\`Cannot use dataset "my-module": dir must hold videos, got "\${dir}"\`);
    }
    const classes = [...new Set(paths.map(classOf))].sort();
    const seen = new Map<string, number>();
    const train: VideoSample[] = [];
    const heldOut: VideoSample[] = [];
    for (const path of paths) {
      const name = classOf(path);
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      const isHeldOut = holdOut > 0 && count % holdOut === 0;
      (isHeldOut ? heldOut : train).push({ path, label: classes.indexOf(name) });
    }
    return { train, heldOut: heldOut.length > 0 ? heldOut : null, test: null, classes };
  };
  return {
    prepare: list,
    async summarize() {
      const { train: { length: train }, heldOut, classes: { length: classes } } = await list();
      const text = \`\${train} videos of \${classes} classes, \${heldOut?.length ?? 0} held out\`;
      return { text, train, classes };
    },
  };
}
`,
  test: `import { join } from "node:path";
import { SHAPE_CLASSES, shapes } from "@videoms/data";
import { datasetChecks } from "@videoms/data/testing";
import { myModule } from "./mod.ts";

// Some rendered videos, in a folder for each class.
const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const rendered = await shapes.create({
  ...shapes.defaults,
  videos: 2 * SHAPE_CLASSES.length,
  heldOut: 0,
  size: 32,
  frames: 8,
  dir: join(folder, "rendered"),
}).prepare();
const dir = join(folder, "videos");
for (const [i, { path, label }] of rendered.train.entries()) {
  await Deno.mkdir(join(dir, SHAPE_CLASSES[label]), { recursive: true });
  await Deno.copyFile(path, join(dir, SHAPE_CLASSES[label], \`\${i}.mp4\`));
}

const checks = datasetChecks(myModule, {
  options: { dir, holdOut: 2 },
  impossible: [{ holdOut: 1 }, { holdOut: -1 }],
});

for (const { name, run } of checks) {
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
}
`,
  task: `  data: { dataset: myModule({ dir: "videos" }), samplingRate: 2 },
`,
};
