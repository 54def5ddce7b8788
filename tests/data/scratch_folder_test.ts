import assert from "node:assert/strict";
import { withScratchFolder } from "../../data/decode/scratch_folder.ts";

Deno.test("folders that a killed process left behind are removed, others stay", async () => {
  const parent = await Deno.makeTempDir();
  const hoursAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
  for (const name of ["videoms-clips-abandoned", "videoms-clips-in-use", "of-another-program"]) {
    await Deno.mkdir(`${parent}/${name}`);
    if (name !== "videoms-clips-in-use") await Deno.utime(`${parent}/${name}`, hoursAgo, hoursAgo);
  }
  const inside = await withScratchFolder(parent, async (folder) => {
    await Deno.writeTextFile(`${folder}/clip.raw`, "pixels");
    return folder;
  });
  assert.ok(inside.startsWith(`${parent}/videoms-clips-`));
  const left = [...Deno.readDirSync(parent)].map(({ name }) => name).sort();
  assert.deepEqual(left, ["of-another-program", "videoms-clips-in-use"]);
  await Deno.remove(parent, { recursive: true });
});

Deno.test("a folder for temporary files that is not there is named", async () => {
  const nowhere = (folder: string) => withScratchFolder(folder, () => Promise.resolve());
  await assert.rejects(
    nowhere("/no/such/folder"),
    /"scratch" must be a writable folder, .*"\/no\/such\/folder"/,
  );
  if (Deno.build.os === "windows") return;
  const before = Deno.env.get("TMPDIR");
  Deno.env.set("TMPDIR", "/no/such/folder");
  try {
    await assert.rejects(
      withScratchFolder(undefined, () => Promise.resolve()),
      /TMPDIR must be a writable folder, .*got "\/no\/such\/folder" .*unset TMPDIR/,
    );
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
  }
});
