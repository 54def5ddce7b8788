import assert from "node:assert/strict";
import { join } from "node:path";
import {
  folderEntries,
  LOCK_FILE,
  PARTIAL_ENDING,
  removeEntries,
  requireAbsent,
  requireOwnFolder,
} from "@videoms/data/files";

const OWN = { act: "run in", what: "a run", record: "task.json" };

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const namesIn = async (folder: string) => (await folderEntries(folder)).map(({ name }) => name);

Deno.test("a folder has what is in it by name, without locks and files that are being written", () =>
  inFolder(async (folder) => {
    assert.deepEqual(await namesIn(join(folder, "none")), []);
    for (const name of ["b", "a", LOCK_FILE, `.c${PARTIAL_ENDING}`]) {
      await Deno.writeTextFile(join(folder, name), "");
    }
    await Deno.mkdir(join(folder, "runs/deep"), { recursive: true });
    assert.deepEqual(await namesIn(folder), ["a", "b", "runs"]);
    await removeEntries(folder, /^(a|runs|\.lock)$/);
    assert.deepEqual(await namesIn(folder), ["b"]);
    await Deno.stat(join(folder, LOCK_FILE)); // is still there
  }));

Deno.test("a folder of something else is refused, and so is a path that is taken", () =>
  inFolder(async (folder) => {
    const none = join(folder, "none");
    assert.equal(await requireOwnFolder(none, OWN), false);
    assert.equal(await requireOwnFolder(folder, OWN), false);
    await Deno.writeTextFile(join(folder, "thesis.tex"), "");
    await assert.rejects(
      requireOwnFolder(folder, OWN),
      /^Error: Cannot run in ".*": it must be empty or hold a run, got thesis\.tex and no task\.json/,
    );
    await Deno.writeTextFile(join(folder, "task.json"), "{}");
    assert.equal(await requireOwnFolder(folder, OWN), true);
    await requireAbsent(none);
    await requireAbsent(folder, true);
    await assert.rejects(requireAbsent(folder), /must not be there yet.*--force/);
  }));
