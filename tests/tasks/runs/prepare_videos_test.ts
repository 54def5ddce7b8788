import { createRegistry, definePlugin, type Descriptor, pluginsOf } from "@videoms/core";
import * as data from "@videoms/data";
import assert from "node:assert/strict";
import { windowOf } from "../../../data/videos/labelled_videos.ts";
import { prepareVideos } from "../../../data/videos/prepare_videos.ts";
import { countShared } from "../../../data/videos/shared_samples.ts";
import { MPEG4, renderVideo, withFolder } from "../../data/test_videos.ts";

const registry = createRegistry(pluginsOf(data));

const prepare = (dataset: Descriptor<"dataset">, maxReplaced = 0) =>
  prepareVideos({ data: { dataset, workers: 1, maxReplaced } }, registry);

/** Writes annotations of windows of `a.mp4` and `b.mp4`: [video, start, end, whether they change]. */
async function writeOscc(file: string, windows: [string, number, number, boolean][]) {
  const clips = windows.map(([video_uid, start, end, state_change]) => ({
    unique_id: `${video_uid}-${start}`,
    video_uid,
    parent_start_sec: start,
    parent_end_sec: end,
    state_change,
  }));
  await Deno.writeTextFile(file, JSON.stringify({ clips }));
  return file;
}

Deno.test("a stretch in seconds becomes frames of the video, cut to it, or a reason why not", () => {
  const video = { fps: 30, frames: 900, duration: 30, seek: null };
  assert.deepEqual(windowOf({ start: 8, end: 16 }, video), { start: 240, end: 480 });
  assert.deepEqual(windowOf({ start: 1.154, end: 9.154 }, video), { start: 35, end: 275 });
  assert.deepEqual(windowOf({ start: -1, end: 99 }, video), { start: 0, end: 900 });
  assert.deepEqual(windowOf({ start: 1, end: 2 }, { ...video, fps: 29.97, frames: 60 }), {
    start: 30,
    end: 60,
  });
  const late = windowOf({ start: 30, end: 38 }, video);
  assert.equal(late, "the time span from 30 to 38 s contains none of its 900 frames (30.00 s)");
  assert.match(String(windowOf({ start: 1, end: 1.01 }, video)), /contains none of/);
  assert.match(
    String(windowOf({ start: 1, end: 2 }, { ...video, fps: 0 })),
    /frame rate is unknown/,
  );
});

Deno.test("where frames do not come evenly, a stretch holds those on the screen", () => {
  // Shown at 0, 0.1, 0.2, 1.2 and 1.3 s, as the delays of a GIF say, up to 1.5 s.
  const seek: data.SeekTable = {
    timeBase: [1, 100],
    startTime: 0,
    times: [5, 10, 10, 100, 10],
    keyframes: [0],
    reordered: false,
  };
  const video = { fps: 5 / 1.5, frames: 5, duration: 1.5, seek };
  const expected: [number, number, unknown][] = [
    [0, 0.1, { start: 0, end: 1 }],
    [0, 0.15, { start: 0, end: 2 }],
    [0.5, 1, { start: 2, end: 3 }],
    [0.5, 1.25, { start: 2, end: 4 }],
    [1.4, 9, { start: 4, end: 5 }],
    [-1, 9, { start: 0, end: 5 }],
  ];
  for (const [start, end, window] of expected) {
    assert.deepEqual(windowOf({ start, end }, video), window, `${start} to ${end}`);
  }
  assert.match(String(windowOf({ start: 1.5, end: 2 }, video)), /contains none of/);
});

Deno.test("samples that are trained and evaluated on are counted once each", () => {
  const at = (path: string, start: number, end: number) => ({
    path,
    label: 0,
    seconds: { start, end },
  });
  const train = [at("a", 0, 8), at("a", 16, 24), { path: "b", label: 0 }];
  assert.equal(countShared(train, [at("a", 8, 16), at("a", 24, 32), at("c", 0, 8)]), 0);
  assert.equal(countShared(train, [at("a", 7.5, 15), at("a", 15, 17), at("a", 0, 40)]), 3);
  assert.equal(countShared(train, [at("b", 0, 1), { path: "a", label: 1 }]), 2);
  assert.equal(countShared(train, [at("a", 1, 2), at("a", 1, 2)]), 1);
  assert.equal(countShared(train, []), 0);
});

Deno.test("windows of rendered videos reach a run, held-out ones serve as test", () =>
  withFolder(async (dir) => {
    const dataset = data.osccShapes({ videos: 2, heldOut: 1, windows: 2, size: 32, dir });
    const videos = await prepare(dataset);
    assert.deepEqual(
      videos.train.map(({ window, label }) => [window?.start, window?.end, label]),
      [[0, 64, 0], [64, 128, 1], [0, 64, 1], [64, 128, 0]],
    );
    assert.equal(videos.heldOut.length, 2);
    assert.ok(videos.heldOutIsSeparate);
    assert.deepEqual(videos.test, videos.heldOut);
    assert.deepEqual([videos.shared, videos.unreadable], [0, []]);
    const alone = await prepare(
      data.osccShapes({ videos: 2, heldOut: 0, windows: 2, size: 32, dir }),
    );
    assert.ok(!alone.heldOutIsSeparate);
    assert.deepEqual([alone.heldOut, alone.test, alone.shared], [alone.train, alone.train, 0]);
  }));

Deno.test("what cannot be read is listed with its split, row and label, and leaks are counted", () =>
  withFolder(async (videos) => {
    await renderVideo(`${videos}/a.mp4`, 100, ...MPEG4); // 4 seconds
    await Deno.writeTextFile(`${videos}/b.mp4`, "no video");
    const write = (name: string, windows: [string, number, number, boolean][]) =>
      writeOscc(`${videos}/${name}.json`, windows);
    const dataset = data.ego4dOscc({
      videos,
      train: await write("train", [["a", 0, 2, false], ["a", 2, 4, true]]),
      heldOut: await write("val", [["b", 0, 2, false], ["a", 3, 5, true]]),
      test: await write("test", [["a", 1, 2, false], ["a", 8, 9, true]]),
    });
    const run = await prepare(dataset, 0.5);
    assert.deepEqual(run.train.map(({ window }) => window), [
      { start: 0, end: 50 },
      { start: 50, end: 100 },
    ]);
    assert.deepEqual(run.heldOut.map(({ window }) => window), [{ start: 75, end: 100 }]);
    assert.deepEqual(run.test.map(({ window }) => window), [{ start: 25, end: 50 }]);
    assert.equal(run.shared, 2);
    assert.deepEqual(
      run.unreadable.map(({ path, split, row, label }) => [path, split, row, label]),
      [[`${videos}/b.mp4`, "heldOut", 0, 0], [`${videos}/a.mp4`, "test", 1, 1]],
    );
    assert.match(
      run.unreadable[1].error,
      /from 8 to 9 s contains none of its 100 frames \(4\.00 s\)/,
    );
    await assert.rejects(prepare(dataset, 0), /at most 0 of 6 videos may be unreadable .* got 2: /);
  }));

Deno.test("a data set from elsewhere that gives no samples or wrong labels is refused", async () => {
  const listed = definePlugin({
    kind: "dataset",
    name: "listed",
    summary: "samples with the labels given",
    defaults: { labels: [] as number[] },
    create: ({ labels }): data.Dataset => ({
      prepare: () =>
        Promise.resolve({
          train: labels.map((label) => ({ path: "/a.mp4", label })),
          heldOut: null,
          test: null,
          classes: ["one", "two"],
        }),
      summarize: () => Promise.resolve({ text: "", train: labels.length, classes: 2 }),
    }),
  });
  const use = (labels: number[]) =>
    prepareVideos(
      { data: { dataset: listed({ labels }), workers: 1, maxReplaced: 0 } },
      createRegistry([listed]),
    );
  await assert.rejects(use([]), /data set "listed": its train list must contain a video, got none/);
  await assert.rejects(use([1, 2]), /\(2\), got 2 for \/a\.mp4 \(train, sample 2\)/);
  await assert.rejects(use([0.5]), /got 0\.5 for/);
});
