/** Files of facts that are only a cache: shared by processes, and done without where they cannot be kept. */

import assert from "node:assert/strict";
import { userCacheFolder } from "../../data/cache/user_cache.ts";
import { type LineStore, openLineStore } from "../../data/index/line_store.ts";
import { withFolder } from "./test_videos.ts";

interface Fact {
  path: string;
  fact: number;
}

const FORMAT = { format: "facts", version: 1 };

function facts(store: LineStore<Fact>): Record<string, number> {
  return Object.fromEntries([...store.lines()].map(({ path, fact }) => [path, fact]));
}

async function factsOf(file: string): Promise<Record<string, number>> {
  const store = await openLineStore<Fact>(file, FORMAT);
  store.close();
  return facts(store);
}

Deno.test("the cache folder is the user's, whatever the system", () => {
  const folder = (os: typeof Deno.build.os, values: Record<string, string>) =>
    userCacheFolder((name) => values[name], os)?.replaceAll("\\", "/");
  const HOME = "/home/ada";
  assert.equal(folder("linux", { HOME }), "/home/ada/.cache/videoms");
  assert.equal(folder("linux", { HOME, XDG_CACHE_HOME: "/scratch/ada" }), "/scratch/ada/videoms");
  assert.equal(folder("linux", { HOME, XDG_CACHE_HOME: "here" }), "/home/ada/.cache/videoms");
  assert.equal(folder("linux", { HOME, XDG_CACHE_HOME: "" }), "/home/ada/.cache/videoms");
  assert.equal(folder("darwin", { HOME }), "/home/ada/Library/Caches/videoms");
  assert.equal(folder("windows", { HOME, LOCALAPPDATA: "/ada/Local" }), "/ada/Local/videoms");
  for (const os of ["linux", "darwin", "windows"] as const) {
    assert.equal(folder(os, { HOME, VIDEOMS_CACHE: "/cache" }), "/cache");
    assert.equal(folder(os, {}), undefined);
  }
});

Deno.test("stores of one file lose nothing of each other's, also where one writes it anew", () =>
  withFolder(async (folder) => {
    const file = `${folder}/deep/facts.jsonl`;
    const [first, second] = await Promise.all([1, 2].map(() => openLineStore<Fact>(file, FORMAT)));
    await first.add({ path: "/a", fact: 1 });
    await second.add({ path: "/b", fact: 2 });
    // A cut line makes the third write the file anew, while the others are still open.
    await Deno.writeTextFile(file, '{"path":"/c","fa', { append: true });
    const third = await openLineStore<Fact>(file, FORMAT);
    assert.deepEqual(facts(third), { "/a": 1, "/b": 2 });
    await Promise.all([
      ...[first, second, third].map((store, i) => store.add({ path: `/d${i}`, fact: i })),
      first.add({ path: "/a", fact: 4 }),
    ]);
    for (const store of [first, second, third]) store.close();
    const all = { "/a": 4, "/b": 2, "/d0": 0, "/d1": 1, "/d2": 2 };
    assert.deepEqual(await factsOf(file), all);
    assert.deepEqual([...Deno.readDirSync(`${folder}/deep`)].map(({ name }) => name), [
      "facts.jsonl",
    ]);
  }));

Deno.test("an older file is taken over, unless what is here is newer", () =>
  withFolder(async (folder) => {
    const [file, old] = [`${folder}/new/facts.jsonl`, `${folder}/old.jsonl`];
    const store = await openLineStore<Fact>(old, FORMAT);
    for (const path of ["/a", "/b"]) await store.add({ path, fact: 1 });
    store.close();
    await Deno.utime(old, 1000, 1000);
    const older = [`${folder}/none.jsonl`, folder, old];
    const taken = await openLineStore<Fact>(file, { ...FORMAT, older });
    assert.deepEqual(facts(taken), { "/a": 1, "/b": 1 });
    await taken.add({ path: "/b", fact: 2 });
    taken.close();
    await Deno.writeTextFile(old, '{"path":"/c","fact":3}\n', { append: true });
    await Deno.utime(old, 1000, 1000);
    const again = await openLineStore<Fact>(file, { ...FORMAT, older });
    assert.deepEqual(facts(again), { "/a": 1, "/b": 2 }, "it is as old as before");
    again.close();
    await Deno.utime(old, 4e9, 4e9);
    const changed = await openLineStore<Fact>(file, { ...FORMAT, older });
    assert.deepEqual(facts(changed), { "/a": 1, "/b": 2, "/c": 3 });
    changed.close();
    assert.deepEqual(await factsOf(file), { "/a": 1, "/b": 2, "/c": 3 });
  }));

Deno.test("where nothing can be kept, what is there is used, and the reason told once", () =>
  withFolder(async (folder) => {
    const blocked = `${folder}/file/facts.jsonl`; // below what is no folder
    await Deno.writeTextFile(`${folder}/file`, "");
    await assert.rejects(openLineStore<Fact>(blocked, FORMAT), Deno.errors.AlreadyExists);
    const errors: Error[] = [];
    const onCacheError = (error: Error) => void errors.push(error);
    const store = await openLineStore<Fact>(blocked, { ...FORMAT, onCacheError });
    await store.add({ path: "/a", fact: 1 });
    assert.deepEqual(facts(store), { "/a": 1 });
    store.close();
    assert.equal(errors.length, 1);

    // The same of a disk that is full only when something is added.
    if (Deno.build.os !== "linux") return;
    const whole = `${folder}/facts.jsonl`;
    const opened = await openLineStore<Fact>(whole, { ...FORMAT, onCacheError });
    await Deno.remove(whole);
    await Deno.symlink("/dev/full", whole);
    for (const path of ["/a", "/b"]) await opened.add({ path, fact: 2 });
    assert.deepEqual(facts(opened), { "/a": 2, "/b": 2 });
    opened.close();
    assert.equal(errors.length, 2);
  }));
