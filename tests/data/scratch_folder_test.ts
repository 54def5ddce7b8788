import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { withScratchFolder } from "../../data/decode/scratch_folder.ts";
import { assertEmpty } from "./test_videos.ts";

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

/** Folders that are new, written to and being removed, in a program that ends right then. */
const LEFT_AT_ONCE = `
  import { withScratchFolder } from "./data/decode/scratch_folder.ts";
  const [parent] = Deno.args;
  const many = (work) => Array.from({ length: 20 }, () => withScratchFolder(parent, work));
  const write = (folder) => Array.from({ length: 50 }, (_, i) =>
    Deno.writeFile(folder + "/" + i, new Uint8Array(9)).catch(() => {}));
  await withScratchFolder(parent, async () => {}); // which has looked for abandoned ones
  const removed = many(() => Promise.resolve());
  await Promise.resolve();
  many((folder) => new Promise(() => write(folder)));
  for (let turn = 0; turn < Number(Deno.args[1]); turn++) await Promise.race(removed);
  many(() => new Promise(() => {}));
  Deno.exit(130);`;

Deno.test("a program that ends at any moment leaves no folder behind", async () => {
  const parent = await Deno.makeTempDir();
  for (const turns of ["0", "1"]) {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", LEFT_AT_ONCE, parent, turns],
      cwd: fileURLToPath(new URL("../../", import.meta.url)),
    }).output();
    assert.equal(code, 130, new TextDecoder().decode(stderr));
    assertEmpty(parent);
  }
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
