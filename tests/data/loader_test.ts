import type { RandomStream } from "@videoms/core";
import {
  clipBatches,
  type ClipBatchesOptions,
  type GroupTimes,
  type LabelledVideo,
  multiScaleCrop,
  stepsPerEpoch,
  type VideoRecord,
} from "@videoms/data";
import assert from "node:assert/strict";
import { assertEmpty, collectBatches, videoCopies, withFolder } from "./test_videos.ts";

const SIZE = 16;

function plan({ record }: LabelledVideo, random: RandomStream) {
  const start = random.integer(record.frames - 3);
  return {
    frames: Int32Array.from([start, start + 1, start + 3]),
    crop: multiScaleCrop(record, SIZE, random),
  };
}

/** Seven videos, and loader options over them. */
async function sevenVideos(folder: string): Promise<ClipBatchesOptions> {
  const videos = await videoCopies(folder, 7, 10);
  return { videos, batch: 2, size: SIZE, plan, seed: 5, endEpoch: 2 };
}

Deno.test("batches depend on seed, epoch and step alone", () =>
  withFolder(async (folder) => {
    const options = await sevenVideos(folder);
    const all = await collectBatches(options);
    assert.equal(all.length, 6);
    assert.deepEqual(all.map(({ epoch, step }) => [epoch, step]), [
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
      [1, 1],
      [1, 2],
    ]);
    for (const { shape, labels, indices } of all) {
      assert.deepEqual(shape, [2, 3, SIZE, SIZE, 3]);
      assert.deepEqual(labels, indices.map((row) => row % 3));
    }
    const rows = all.map(({ indices }) => [...indices]);
    for (const epoch of [rows.slice(0, 3), rows.slice(3)]) {
      assert.equal(new Set(epoch.flat()).size, 6, "a video appears once an epoch");
    }
    assert.notDeepEqual(rows.slice(0, 3), rows.slice(3));

    assert.deepEqual(await collectBatches({ ...options, processes: 1, prefetch: 0 }), all);
    assert.deepEqual(await collectBatches({ ...options, processes: 3, prefetch: 5 }), all);
    assert.deepEqual(await collectBatches({ ...options, epoch: 0, step: 2 }), all.slice(2));
    assert.deepEqual(await collectBatches({ ...options, epoch: 1, step: 1 }), all.slice(4));
    let decoded = 0;
    const onGroup = ({ clips }: GroupTimes) => void (decoded += clips);
    const few = await collectBatches({
      ...options,
      endEpoch: Infinity,
      step: 1,
      count: 3,
      onGroup,
    });
    assert.deepEqual(few, all.slice(1, 4));
    assert.equal(decoded, 6, "nothing beyond them is decoded");
    const other = await collectBatches({ ...options, seed: 6 });
    assert.notDeepEqual(other.map(({ indices }) => [...indices]), rows);
  }));

Deno.test("list order shows every video once", () =>
  withFolder(async (folder) => {
    const options = await sevenVideos(folder);
    const all = await collectBatches({ ...options, order: "list", endEpoch: 1 });
    assert.deepEqual(all.flatMap(({ indices }) => [...indices]), [0, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual(all.at(-1)?.shape, [1, 3, SIZE, SIZE, 3]);
  }));

Deno.test("a damaged clip is replaced and reported, the same way by any grouping", () =>
  withFolder(async (folder) => {
    const options = { ...await sevenVideos(folder), endEpoch: 1 };
    const sound = await collectBatches(options);
    const row = sound[1].indices[0];
    const damaged = options.videos[row].record.path;
    await Deno.writeTextFile(damaged, "no longer a video");
    const all = await collectBatches(options);
    assert.equal(all[1].replaced.length >= 1, true);
    assert.equal(all[1].replaced[0].path, damaged);
    assert.equal(all[1].replaced[0].position, 0);
    assert.notEqual(all[1].indices[0], row);
    assert.deepEqual(all[1].labels, all[1].indices.map((index) => index % 3));
    assert.deepEqual(all[0], sound[0]);
    assert.deepEqual(await collectBatches({ ...options, processes: 1, prefetch: 0 }), all);

    const strict = collectBatches({ ...options, maxReplaced: 0 });
    await assert.rejects(strict, (error: Error) => error.message.includes(damaged));
    for (const { record } of options.videos.slice(0, 4)) await Deno.writeTextFile(record.path, "");
    await assert.rejects(
      collectBatches(options),
      /at most 1 % of clips or videos may be damaged/,
    );
  }));

Deno.test("leaving the loop kills ffmpeg and removes its files", {
  sanitizeResources: true, // fails if a child process is left
  sanitizeOps: true,
}, () =>
  withFolder(async (folder) => {
    const scratch = `${folder}/scratch`;
    await Deno.mkdir(scratch);
    const options = { ...await sevenVideos(folder), endEpoch: Infinity, scratch };
    for await (const batch of clipBatches({ ...options, prefetch: 40 })) {
      assert.equal(batch.step, 0);
      break;
    }
    assertEmpty(scratch);

    const stop = new AbortController();
    const batches = clipBatches({ ...options, prefetch: 40, signal: stop.signal });
    await batches.next();
    stop.abort(new Error("enough"));
    await assert.rejects(batches.next(), /enough/);
    assertEmpty(scratch);
  }));

Deno.test("options that cannot work are refused before a frame is decoded", () => {
  const base = { videos: [], batch: 2, size: SIZE, plan, seed: 0 };
  assert.throws(() => clipBatches(base), /got 0 videos for a batch of 2/);
  assert.throws(() => stepsPerEpoch(3, 0, "shuffled"), /batch must be/);
  assert.equal(stepsPerEpoch(7, 2, "shuffled"), 3);
  assert.equal(stepsPerEpoch(7, 2, "list"), 4);
  const videos = Array.from({ length: 4 }, () => ({ record: {} as VideoRecord, label: 0 }));
  assert.throws(() => clipBatches({ ...base, videos, step: 2 }), /step must be below the 2 steps/);
  assert.throws(() => clipBatches({ ...base, videos, size: 0 }), /size must be a whole number/);
  assert.throws(() => clipBatches({ ...base, videos, maxReplaced: 2 }), /maxReplaced must be/);
});
