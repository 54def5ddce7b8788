import { createRegistry, definePlugin, type Descriptor } from "@videoms/core";
import { standardAugmentation } from "@videoms/data";
import { dense, type FrameSelector, spread } from "@videoms/masking";
import type { LogEntry } from "@videoms/tasks";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { loadRegistry, shippedPlugins } from "../../tasks/definition/plugins.ts";
import { loadInWorker } from "../../tasks/runs/loader/data_worker_batches.ts";
import { type LoadedBatch, type LoaderJob, loadHere } from "../../tasks/runs/loader/loader_job.ts";
import { trainBatches } from "../../tasks/runs/loader/train_batches.ts";
import { untilProcesses, videoProcesses } from "../data/processes.ts";
import { assertEmpty, MPEG4, renderVideo, videoCopies, withFolder } from "../data/test_videos.ts";
import { pressUntilGone } from "../press_until_gone.ts";

const LINUX_ONLY = { ignore: Deno.build.os !== "linux" };

const SIZE = 32;
const clip = {
  model: { frames: 4, tubeletSize: 2, imageSize: SIZE },
  data: { samplingRate: 2 },
};

/** What batches show, without times and without what depends on them. */
async function collect(batches: AsyncGenerator<LoadedBatch, void, void>) {
  const all = [];
  for await (const { release, decodeMs: _, waitMs: __, loader: ___, ...batch } of batches) {
    all.push({ ...batch, pixels: batch.pixels.slice() });
    release();
    release(); // harmless
  }
  return all;
}

Deno.test("a worker gives the batches of the main thread, byte for byte", {
  sanitizeResources: true,
  sanitizeOps: true,
}, () =>
  withFolder(async (folder) => {
    const registry = await loadRegistry();
    const videos = await videoCopies(folder, 7, 20);
    const job = (
      recipe: Partial<LoaderJob["recipe"]>,
      more: Partial<LoaderJob> = {},
    ): LoaderJob => ({
      recipe: { clip, frames: dense(), crop: "multi-scale", ...recipe },
      ...{ videos, batch: 2, size: SIZE, seed: 3, endEpoch: 2 },
      ...more,
    });
    await Deno.writeTextFile(videos[2].record.path, "no longer a video");
    const jobs = [
      job({}, { maxReplaced: 1 }),
      job({ frames: spread(), crop: standardAugmentation() }, { samples: 2, maxReplaced: 1 }),
    ];
    for (const one of jobs) {
      const here = await collect(loadHere(one, registry));
      assert.ok(here.some(({ replaced }) => replaced.length > 0));
      assert.deepEqual(await collect(loadInWorker(one)), here);
      const alone = { ...one, processes: 1, prefetch: 0, epoch: 1, step: 1 };
      assert.deepEqual(await collect(loadInWorker(alone)), here.slice(4));
    }
    const strict = collect(loadInWorker(job({}, { maxReplaced: 0 })));
    await assert.rejects(strict, /may be damaged, got 1 of \d+ clips, in 1 of 7 videos: .*2\.mp4/);
    await assert.rejects(collect(loadInWorker(job({}, { step: 3 }))), RangeError);
  }));

Deno.test("a worker goes on while the main thread is held, and no further than asked", () =>
  withFolder(async (folder) => {
    const videos = await videoCopies(folder, 7, 20);
    const batches = loadInWorker({
      recipe: { clip, frames: dense(), crop: "centre" },
      ...{ videos, batch: 2, size: SIZE, seed: 3, prefetch: 0 },
    });
    let clips = 0;
    let timers = 0;
    for await (const { step, epoch, loader, release, pixels } of batches) {
      clips += loader.groups.reduce((sum, group) => sum + group.clips, 0);
      const shown = 2 * (3 * epoch + step + 1);
      // Small clips are decoded 96 at a time, two such groups ahead, and a batch is on its way.
      assert.ok(clips <= shown + 2 + 3 * 96, `${clips} decoded for ${shown}`);
      release();
      assert.equal(pixels.length, 0);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      // Timers come every 10 ms, on a busy machine more seldom; the batch on its way was made a turn or two before.
      timers = Math.max(timers, loader.lateMs.length);
      if (epoch >= 4 && timers >= 3) break;
      assert.ok(epoch < 100, `at most ${timers} timers within 100 ms`);
    }
  }));

/** A selector of first frames, as the source of a module and as a value. */
const SOURCE = `import { definePlugin } from "${import.meta.resolve("@videoms/core")}";
export const first = definePlugin({
  kind: "frames", name: "first", summary: "", defaults: {},
  create: () => ({
    name: "first",
    candidateFrames: ({ frames }) => frames,
    frames: ({ frames }) => Int32Array.from({ length: frames }, (_, i) => i),
  }),
});`;

const first = definePlugin({
  kind: "frames",
  name: "first",
  summary: "",
  defaults: {},
  create: (): FrameSelector => ({
    name: "first",
    candidateFrames: ({ frames }) => frames,
    frames: ({ frames }) => Int32Array.from({ length: frames }, (_, i) => i),
  }),
});

Deno.test("plugins of modules work in a worker, those of the program on the main thread", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/first.ts`, SOURCE);
    const train = await videoCopies(folder, 7, 20);
    const frames: Descriptor<"frames"> = first();
    const logged: Omit<LogEntry, "time">[] = [];
    const options = {
      task: {
        ...{ seed: 3, batch: 2, accumulate: 1 },
        data: { workers: 0, prefetch: 1, maxReplaced: 0 },
      },
      videos: { train },
      recipe: { clip, frames, crop: "centre" },
      log: { append: (entry: Omit<LogEntry, "time">) => void logged.push(entry) },
    } as unknown as Parameters<typeof trainBatches>[0];
    const pixels = [];
    for (
      const registry of [
        await loadRegistry([`${folder}/first.ts`]),
        createRegistry([...shippedPlugins(), first]),
      ]
    ) {
      for await (const batch of trainBatches({ ...options, registry }, 0, 0)) {
        pixels.push(batch.pixels.slice());
        batch.release();
        break;
      }
    }
    assert.deepEqual(pixels[0], pixels[1]);
    assert.deepEqual(logged, [{ event: "loader", thread: "main", plugin: "frames/first" }]);
    const missing = loadInWorker({
      recipe: { clip, frames, crop: "centre" },
      ...{ videos: train, batch: 2, size: SIZE, seed: 3 },
    }, [`${folder}/none.ts`]);
    await assert.rejects(missing.next(), /the file must exist, got ".*none\.ts"/);
  }));

const PROGRAM = fileURLToPath(new URL("endless_loading.ts", import.meta.url));

/** Starts a program that loads clips until it is stopped, and waits until it is at it. */
async function startLoading(folder: string, heed: "yes" | "no"): Promise<Deno.ChildProcess> {
  await renderVideo(`${folder}/long.mp4`, 3000, ...MPEG4);
  await Deno.mkdir(`${folder}/scratch`);
  const program = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--allow-all", PROGRAM],
      ...["load", `${folder}/long.mp4`, `${folder}/scratch`, heed],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await untilProcesses(`${folder}/scratch`, "some", 60_000);
  return program;
}

for (const heed of ["yes", "no"] as const) {
  const name = heed === "yes" ? "Ctrl-C" : "a second Ctrl-C, for a program that heeds none,";
  Deno.test(
    `${name} leaves no process and no file of a worker behind`,
    LINUX_ONLY,
    () =>
      withFolder(async (folder) => {
        const program = await startLoading(folder, heed);
        if (heed === "yes") program.kill("SIGINT");
        const { code } = await (heed === "yes" ? program.status : pressUntilGone(program));
        assert.equal(code, 130);
        assert.deepEqual(await videoProcesses(folder), []);
        assertEmpty(`${folder}/scratch`);
      }),
  );
}

Deno.test(
  "the processes of a killed program's worker end with what they are at",
  LINUX_ONLY,
  () =>
    withFolder(async (folder) => {
      const program = await startLoading(folder, "yes");
      program.kill("SIGKILL");
      await program.status;
      await untilProcesses(folder, "none", 20_000);
    }),
);
