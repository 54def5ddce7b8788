import { join } from "node:path";
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
  await Deno.copyFile(path, join(dir, SHAPE_CLASSES[label], `${i}.mp4`));
}

const checks = datasetChecks(myModule, {
  options: { dir, holdOut: 2 },
  impossible: [{ holdOut: 1 }, { holdOut: -1 }],
});

for (const { name, run } of checks) {
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
}
