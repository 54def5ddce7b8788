import assert from "node:assert/strict";
import { withScratchFolder } from "../../data/decode/scratch_folder.ts";

Deno.test("folders that a killed process left behind are removed, others stay", async () => {
  const parent = await Deno.makeTempDir();
  const hoursAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
  for (const name of ["videoms-clips-abandoned", "videoms-clips-in-use", "of-another-program"]) {
    await Deno.mkdir(`${parent}/${name}`);
    if (name !== "videoms-clips-in-use") await Deno.utime(`${parent}/${name}`, hoursAgo, hoursAgo);
  }
  const inside = await withScratchFolder(parent, 1, async (folder) => {
    await Deno.writeTextFile(`${folder}/clip.raw`, "pixels");
    return folder;
  });
  assert.ok(inside.startsWith(`${parent}/videoms-clips-`));
  const left = [...Deno.readDirSync(parent)].map(({ name }) => name).sort();
  assert.deepEqual(left, ["of-another-program", "videoms-clips-in-use"]);
  await Deno.remove(parent, { recursive: true });
});
