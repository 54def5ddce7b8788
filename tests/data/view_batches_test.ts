import {
  decodeClips,
  type LabelledVideo,
  testViews,
  type ViewBatch,
  viewBatches,
  type ViewBatchesOptions,
} from "@videoms/data";
import assert from "node:assert/strict";
import { assertEmpty, videoCopies, withFolder } from "./test_videos.ts";

const SIZE = 16;
const GEOMETRY = { segments: 3, crops: 2, clipFrames: 2, samplingRate: 2, size: SIZE };
const BYTES = GEOMETRY.clipFrames * SIZE * SIZE * 3;

function sixViews({ record, window }: LabelledVideo) {
  return testViews({ ...record, window }, GEOMETRY);
}

/** Seven videos, two of them windows of one file, six views of each. */
async function sevenVideos(folder: string): Promise<ViewBatchesOptions> {
  const copies = await videoCopies(folder, 6, 30);
  const videos: LabelledVideo[] = copies.map((video, label) => ({ ...video, label }));
  videos[2] = { ...videos[2], window: { start: 3, end: 9 } };
  videos.push({ ...videos[2], window: { start: 20, end: 30 } });
  return { videos, views: sixViews, batch: 4, size: SIZE };
}

/** What a batch shows, without times. */
function content({ pixels, clips, failed }: ViewBatch) {
  return { pixels: pixels.slice(), clips, failed };
}

async function collect(options: ViewBatchesOptions) {
  const batches: ReturnType<typeof content>[] = [];
  for await (const batch of viewBatches(options)) {
    batches.push(content(batch));
    batch.release();
    batch.release(); // harmless
  }
  return batches;
}

/** All views of the list with their pixels, decoded without the loader. */
async function viewsAlone({ videos, views, size }: ViewBatchesOptions) {
  const all = videos.flatMap((video, row) =>
    views(video, row).map((view) => ({ ...view, row, record: video.record }))
  );
  const requests = all.map(({ record, frames, box }) => ({ record, frames, crop: box, size }));
  const clips = await decodeClips(requests);
  return all.map(({ row, segment, crop }, i) => {
    const clip = clips[i];
    assert.ok("pixels" in clip);
    return { row, segment, crop, pixels: clip.pixels };
  });
}

/** The clips of batches, each with its pixels. */
function clipsOf(batches: Pick<ViewBatch, "pixels" | "clips">[]) {
  return batches.flatMap(({ pixels, clips }) => {
    assert.equal(pixels.length, clips.length * BYTES);
    return clips.map((clip, i) => (
      { ...clip, pixels: pixels.slice(i * BYTES, (i + 1) * BYTES) }
    ));
  });
}

Deno.test("views come in order, with the pixels of their frames, however they are cut", () =>
  withFolder(async (folder) => {
    const options = await sevenVideos(folder);
    const expected = await viewsAlone(options);
    assert.equal(expected.length, 42);
    for (const batch of [1, 4, 50]) {
      const batches = await collect({ ...options, batch });
      const sizes = batches.map(({ clips }) => clips.length);
      assert.ok(sizes.slice(0, -1).every((size) => size === batch));
      assert.equal(batches.length, Math.ceil(42 / batch));
      assert.ok(batches.every(({ failed }) => failed.length === 0));
      assert.deepEqual(clipsOf(batches), expected);
    }
    const all = await collect(options);
    assert.deepEqual(await collect({ ...options, processes: 1, prefetch: 0 }), all);
    assert.deepEqual(await collect({ ...options, processes: 3, prefetch: 20 }), all);
  }));

Deno.test("one view of each video, each planned once", () =>
  withFolder(async (folder) => {
    const options = await sevenVideos(folder);
    const rows: number[] = [];
    const views = ({ record, window }: LabelledVideo, row: number) => {
      rows.push(row);
      return testViews({ ...record, window }, { ...GEOMETRY, segments: 1, crops: 1 });
    };
    const batches = await collect({ ...options, views });
    assert.deepEqual(batches.map(({ clips }) => clips.map(({ row }) => row)), [
      [0, 1, 2, 3],
      [4, 5, 6],
    ]);
    assert.deepEqual(rows, [0, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual(clipsOf(batches), await viewsAlone({ ...options, views }));
    assert.deepEqual(await collect({ ...options, videos: [] }), []);
  }));

Deno.test("unreadable views are left out and told with the next batch", () =>
  withFolder(async (folder) => {
    const options = { ...await sevenVideos(folder), batch: 6 };
    const expected = await viewsAlone(options);
    const whole = await Deno.readFile(options.videos[0].record.path);
    await Deno.writeFile(options.videos[1].record.path, whole.subarray(0, 200));
    await Deno.remove(options.videos[5].record.path);
    const sizesAndRows = (batches: Awaited<ReturnType<typeof collect>>) =>
      batches.map(({ clips, failed }) => [clips.length, [...new Set(failed.map((f) => f.row))]]);

    const batches = await collect(options);
    assert.deepEqual(sizesAndRows(batches), [[6, []], [6, [1]], [6, []], [6, []], [6, [5]]]);
    const readable = expected.filter(({ row }) => row !== 1 && row !== 5);
    assert.deepEqual(clipsOf(batches), readable);
    const failed = batches.flatMap((batch) => batch.failed);
    assert.deepEqual(failed.map(({ segment, crop }) => [segment, crop]).slice(0, 6), [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
    ]);
    assert.ok(failed.every(({ error }) => error.length > 0));
    assert.deepEqual(await collect({ ...options, processes: 1, prefetch: 0 }), batches);

    const three = { ...options, videos: options.videos.slice(0, 3), batch: 4 };
    const parted = await collect(three);
    assert.deepEqual(sizesAndRows(parted), [[4, []], [2, [1]], [4, [1]], [2, []]]);
    assert.deepEqual(clipsOf(parted), readable.slice(0, 12));
    const last = await collect({ ...options, videos: options.videos.slice(0, 2) });
    assert.deepEqual(sizesAndRows(last), [[6, []], [0, [1]]]);
  }));

Deno.test("leaving the loop kills ffmpeg and removes its files", {
  sanitizeResources: true, // fails if a child process is left
  sanitizeOps: true,
}, () =>
  withFolder(async (folder) => {
    const scratch = `${folder}/scratch`;
    await Deno.mkdir(scratch);
    const options = { ...await sevenVideos(folder), scratch, batch: 2, prefetch: 20 };
    for await (const { clips } of viewBatches(options)) {
      assert.equal(clips.length, 2);
      break;
    }
    assertEmpty(scratch);
    const stop = new AbortController();
    const batches = viewBatches({ ...options, signal: stop.signal });
    await batches.next();
    stop.abort(new Error("enough"));
    await assert.rejects(batches.next(), /enough/);
    assertEmpty(scratch);
  }));

Deno.test("options that cannot work are refused at once", () => {
  const options = { videos: [], views: sixViews, batch: 2, size: SIZE };
  assert.throws(() => viewBatches({ ...options, batch: 0 }), /batch must be a whole number from 1/);
  assert.throws(() => viewBatches({ ...options, size: 1.5 }), /size must be a whole number from 1/);
  assert.throws(() => viewBatches({ ...options, processes: 0 }), /processes must be/);
  assert.throws(() => viewBatches({ ...options, prefetch: -1 }), /prefetch must be/);
});
