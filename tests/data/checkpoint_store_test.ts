import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { CheckpointStore } from "@videoms/data/files";
import { withFolder } from "./test_videos.ts";

/** Different bytes for each step. */
function weights(step: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 1000 + step }, (_, i) => (i * 7 + step) % 251);
}

function fileOf(folder: string, step: number, ending = "safetensors"): string {
  return join(folder, `step-${String(step).padStart(8, "0")}.${ending}`);
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 300) yield bytes.subarray(from, from + 300);
}

Deno.test("a checkpoint comes back as it was saved, from a list or a stream of pieces", () =>
  withFolder(async (folder) => {
    const store = await new CheckpointStore(folder, 5).open();
    await store.save(1, [weights(1)], { epoch: 0 });
    const path = await store.save(2, inPieces(weights(2)), { epoch: 1, best: null });
    assert.equal(path, fileOf(folder, 2));
    const { checkpoint, damaged } = await store.find();
    assert.deepEqual(damaged, []);
    assert.deepEqual(checkpoint, {
      step: 2,
      path,
      bytes: weights(2),
      sha256: createHash("sha256").update(weights(2)).digest("hex"),
      info: { epoch: 1, best: null },
    });
    assert.deepEqual((await store.load(1)).bytes, weights(1));
    await assert.rejects(store.load(9), /must be there and whole/);
  }));

Deno.test("only the newest checkpoints are kept, and none of a future that was cut off", () =>
  withFolder(async (folder) => {
    const store = await new CheckpointStore(folder, 2).open();
    for (const step of [1, 2, 3, 10]) await store.save(step, [weights(step)], null);
    assert.deepEqual(await store.steps(), [3, 10]);
    await store.save(5, [weights(5)], null); // resumed from step 3, since 10 was damaged
    assert.deepEqual(await store.steps(), [3, 5]);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assert.equal(names.length, 4);
  }));

Deno.test("the last checkpoints, those of every so many steps and the best one are kept", () =>
  withFolder(async (folder) => {
    const store = await new CheckpointStore(folder, 1).open();
    for (let step = 1; step <= 11; step++) {
      await store.save(step, [weights(step)], null, { last: 2, every: 4, also: [7] });
    }
    assert.deepEqual(await store.steps(), [4, 7, 8, 10, 11]);
  }));

const damages: Record<string, (folder: string) => Promise<void>> = {
  "truncated weights": async (folder) => await Deno.truncate(fileOf(folder, 2), 500),
  "a flipped bit": async (folder) => {
    const bytes = weights(2);
    bytes[400] ^= 4;
    await Deno.writeFile(fileOf(folder, 2), bytes);
  },
  "empty weights": async (folder) => await Deno.truncate(fileOf(folder, 2), 0),
  "missing weights": async (folder) => await Deno.remove(fileOf(folder, 2)),
  "a missing index": async (folder) => await Deno.remove(fileOf(folder, 2, "json")),
  "a truncated index": async (folder) => await Deno.truncate(fileOf(folder, 2, "json"), 20),
};

for (const [name, damage] of Object.entries(damages)) {
  Deno.test(`the newest whole checkpoint is found behind ${name}`, () =>
    withFolder(async (folder) => {
      const store = await new CheckpointStore(folder, 2).open();
      await store.save(1, [weights(1)], "one");
      await store.save(2, [weights(2)], "two");
      await damage(folder);
      const { checkpoint, damaged } = await store.find();
      assert.equal(checkpoint?.info, "one");
      assert.deepEqual(checkpoint?.bytes, weights(1));
      assert.deepEqual(damaged.map(({ path }) => path), [fileOf(folder, 2)]);
      assert.ok(damaged[0].reason.length > 10);
      await store.save(2, [weights(2)], "again");
      assert.equal((await store.find()).checkpoint?.info, "again");
    }));
}

Deno.test("a save that fails midway leaves the former checkpoints and no partial file", () =>
  withFolder(async (folder) => {
    const store = await new CheckpointStore(folder, 1).open();
    await store.save(1, [weights(1)], "one");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(weights(2));
      throw new Error("disk on fire");
    }
    await assert.rejects(store.save(2, broken(), "two"), /disk on fire/);
    assert.equal((await store.find()).checkpoint?.info, "one");
    assert.equal([...Deno.readDirSync(folder)].length, 2);
  }));

Deno.test("partial files of a killed process are swept away, other files stay", () =>
  withFolder(async (folder) => {
    const partial = join(folder, ".step-00000007.safetensors.partial");
    await Deno.writeFile(partial, weights(7));
    await Deno.writeTextFile(join(folder, "notes.txt"), "mine");
    const store = await new CheckpointStore(folder, 1).open();
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["notes.txt"]);
    assert.deepEqual(await store.find(), { checkpoint: null, damaged: [] });
  }));

Deno.test("a process killed while it saves never costs the last whole checkpoint", () =>
  withFolder(async (folder) => {
    const storeModule = new URL("../../data/files/mod.ts", import.meta.url).href;
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        "--no-check",
        "--ext=ts",
        `
        import { CheckpointStore } from ${JSON.stringify(storeModule)};
        const store = await new CheckpointStore(${JSON.stringify(folder)}, 1).open();
        console.log("ready");
        for (let step = 1; ; step++) {
          await store.save(step, [new Uint8Array(4e6).fill(step % 256)], step);
        }`,
      ],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    while (
      [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".json")).length === 0
    ) {
      await new Promise((done) => setTimeout(done, 5));
    }
    await new Promise((done) => setTimeout(done, 150));
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    const { checkpoint } = await (await new CheckpointStore(folder, 1).open()).find();
    assert.ok(checkpoint);
    assert.equal(checkpoint.info, checkpoint.step);
    assert.ok(checkpoint.bytes.every((byte) => byte === checkpoint.step % 256));
  }));
