import { ego4dOscc, type Ego4dOsccOptions, osccShapes } from "@videoms/data";
import assert from "node:assert/strict";
import { OSCC_CLASSES } from "../../data/oscc/ego4d_oscc.ts";
import { parseOsccAnnotations } from "../../data/oscc/oscc_annotations.ts";
import { renderOsccWindow, stateChangeFrame } from "../../data/oscc/render_oscc_window.ts";
import { recordOf, withFolder } from "./test_videos.ts";

/** A row of the validation list as Ego4D writes it. */
const row = {
  clip_uid: "857978a5-cab3",
  clip_id: "622",
  unique_id: "5f0b3bcc-1496_4-1504_4",
  video_uid: "7c0c0057-3bbc",
  clip_start_sec: 5.25,
  clip_end_sec: 12.5,
  clip_start_frame: 157,
  clip_end_frame: 372,
  clip_pnr_frame: 268,
  parent_start_sec: 1497.25,
  parent_end_sec: 1504.5,
  parent_start_frame: 44917,
  parent_end_frame: 45132,
  state_change: true,
  parent_pnr_frame: 45028,
};

const parse = (...clips: unknown[]) => parseOsccAnnotations(JSON.stringify({ clips }), "val.json");

Deno.test("annotations give windows; clips and moments of change are not required", () => {
  const { clip_uid: _, clip_start_sec: __, clip_end_sec: ___, ...bare } = row;
  const common = {
    uniqueId: "5f0b3bcc-1496_4-1504_4",
    videoUid: "7c0c0057-3bbc",
    inVideo: { start: 1497.25, end: 1504.5 },
  };
  assert.deepEqual(
    parse(row, { ...bare, state_change: false }, { ...row, clip_uid: null, pnr_frame: null }),
    [
      {
        ...common,
        clipUid: "857978a5-cab3",
        inClip: { start: 5.25, end: 12.5 },
        stateChange: true,
      },
      { ...common, clipUid: null, inClip: null, stateChange: false },
      { ...common, clipUid: null, inClip: null, stateChange: true },
    ],
  );
});

Deno.test("what is wrong with annotations is named, with the clip and the field", () => {
  const without = (field: string) => ({ ...row, [field]: undefined });
  const wrong: [unknown, RegExp][] = [
    [without("unique_id"), /clip 1 \(undefined\): "unique_id" must be a name .* got nothing/],
    [without("video_uid"), /clip 1 \(5f0b.*"video_uid" must be a name/],
    [
      { ...row, video_uid: "../../etc/a" },
      /"video_uid" must be a name .* got "\.\.\/\.\.\/etc\/a"/,
    ],
    [{ ...row, unique_id: 5 }, /"unique_id" must be a name .* got 5/],
    [without("parent_start_sec"), /"parent_start_sec" must be a number of seconds, got nothing/],
    [{ ...row, parent_end_sec: "9" }, /"parent_end_sec" must be a number of seconds, got "9"/],
    [{ ...row, parent_end_sec: 1497.25 }, /must be above .* \(1497\.25\), got 1497\.25/],
    [{ ...row, clip_end_sec: 1 }, /"clip_end_sec" must be above "clip_start_sec" \(5\.25\), got 1/],
    [{ ...row, clip_end_sec: null }, /"clip_end_sec" must be a number of seconds, got null/],
    [without("state_change"), /"state_change" must be true or false, got nothing \(Ego4D's test/],
    [{ ...row, state_change: 1 }, /"state_change" must be true or false, got 1$/],
    [7, /clip 1: it must be an object, got 7/],
  ];
  for (const [clip, message] of wrong) {
    assert.throws(() => parse(clip), (error: Error) => {
      assert.match(error.message, /^Cannot read OSCC annotations val\.json: /);
      assert.match(error.message, message);
      return error instanceof SyntaxError;
    });
  }
  assert.throws(() => parse(...Array(13).fill(without("state_change"))), / and 3 more$/);
  for (const text of ["{", "[]", '{"videos":[]}', '{"clips":[]}', "null"]) {
    assert.throws(
      () => parseOsccAnnotations(text, "x.json"),
      /of the form \{ "clips": \[…\] \}, got/,
    );
  }
});

/** A folder with annotations of two windows of two videos, one of which is there as each file. */
async function withLists(body: (options: Ego4dOsccOptions) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    for (const name of [row.clip_uid, row.unique_id, row.video_uid]) {
      await Deno.writeTextFile(`${folder}/${name}.mp4`, "");
    }
    const other = { ...row, clip_uid: "gone-c", unique_id: "gone-w", video_uid: "gone-v" };
    const write = (name: string, clips: object[]) =>
      Deno.writeTextFile(`${folder}/${name}.json`, JSON.stringify({ clips }));
    await write("train", [other, row, { ...row, clip_uid: null, state_change: false }]);
    await write("val", [row]);
    await write("gone", [other]);
    const [train, heldOut] = ["train", "val"].map((name) => `${folder}/${name}.json`);
    await body({ ...ego4dOscc.defaults, train, heldOut, videos: folder });
  });
}

Deno.test("files are found by video, by clip or by window", () =>
  withLists(async (options) => {
    const left = { ...options, missing: "leave-out" } as const;
    const { videos } = options;
    const parent = { start: 1497.25, end: 1504.5 };
    const video = { path: `${videos}/${row.video_uid}.mp4`, seconds: parent };
    assert.deepEqual(await ego4dOscc.create(left).prepare(), {
      train: [{ ...video, label: 1 }, { ...video, label: 0 }],
      heldOut: [{ ...video, label: 1 }],
      test: null,
      classes: OSCC_CLASSES,
    });
    const clips = await ego4dOscc.create({ ...left, files: "clips" }).prepare();
    const clip = { path: `${videos}/${row.clip_uid}.mp4`, seconds: { start: 5.25, end: 12.5 } };
    assert.deepEqual(clips.train, [{ ...clip, label: 1 }]);
    const windows = await ego4dOscc.create({ ...left, files: "windows" }).prepare();
    const window = { path: `${videos}/${row.unique_id}.mp4` };
    assert.deepEqual(windows.train, [{ ...window, label: 1 }, { ...window, label: 0 }]);
  }));

Deno.test("missing videos are an error unless they may be left out, and are counted", () =>
  withLists(async (options) => {
    const create = (more: Partial<Ego4dOsccOptions>) => ego4dOscc.create({ ...options, ...more });
    await assert.rejects(
      create({}).prepare(),
      /got 1 of 3 without one: .*gone-v\.mp4 \(missing\); set missing to "leave-out"/,
    );
    await assert.rejects(
      create({ files: "clips" }).prepare(),
      /got 2 of 3 without one: 1 in no clip, .*gone-c\.mp4/,
    );
    const gone = { heldOut: `${options.videos}/gone.json`, missing: "leave-out" } as const;
    await assert.rejects(
      create(gone).prepare(),
      /got 1 of 1 without one: .*gone-v\.mp4 \(missing\)$/,
    );
    assert.match(
      await create({ missing: "leave-out", test: options.heldOut }).summarize().then(({ text }) =>
        text
      ),
      /^2 windows \(1 with a change, 1 skipped: no video\) of .*, 1 windows .* held out, 1 windows .* to test/,
    );
    await assert.rejects(create({ heldOut: "/no/val.json" }).prepare(), Deno.errors.NotFound);
    assert.throws(() => create({ videos: "" }), /"videos" must be a path/);
    assert.throws(() => create({ train: "" }), /"train" must be a path/);
  }));

Deno.test("a rendered window changes its state for good, and only from its moment on", () => {
  const frameBytes = 32 * 32 * 3;
  for (let window = 0; window < 12; window++) {
    const which = { size: 32, frames: 64, seed: 3, video: 1, window };
    const changes = renderOsccWindow({ ...which, stateChange: true });
    const stays = renderOsccWindow({ ...which, stateChange: false });
    const moment = stateChangeFrame({ ...which, stateChange: true });
    assert.ok(moment > 10 && moment < 50);
    for (let t = 0; t < 64; t++) {
      const frame = (pixels: Uint8Array) => pixels.subarray(t * frameBytes, (t + 1) * frameBytes);
      const same = frame(changes).every((value, i) => value === frame(stays)[i]);
      assert.equal(same, t < moment, `window ${window}, frame ${t}, change at ${moment}`);
    }
  }
});

Deno.test("the stand-in is rendered once and read back as Ego4D's data set", () =>
  withFolder(async (dir) => {
    const options = { ...osccShapes.defaults, videos: 2, heldOut: 1, windows: 2, size: 32, dir };
    const first = await osccShapes.create(options).prepare();
    assert.deepEqual(first.classes, OSCC_CLASSES);
    assert.deepEqual(first.train.map(({ label }) => label), [0, 1, 1, 0]);
    assert.deepEqual(first.train.map(({ seconds }) => seconds?.start), [0, 8, 0, 8]);
    assert.equal(first.heldOut?.length, 2);
    assert.ok(!first.train.some(({ path }) => path === first.heldOut![0].path));
    const record = await recordOf(first.train[0].path);
    assert.deepEqual([record.frames, record.fps, record.width], [2 * 8 * 8, 8, 32]);
    const { mtime } = await Deno.stat(first.train[0].path);
    assert.deepEqual(await osccShapes.create(options).prepare(), first);
    assert.deepEqual((await Deno.stat(first.train[0].path)).mtime, mtime);
    const none = await osccShapes.create({ ...options, heldOut: 0 }).prepare();
    assert.equal(none.heldOut, null);
    assert.match(
      (await osccShapes.create(options).summarize()).text,
      /^4 windows of 2 videos .* in /,
    );
    assert.throws(() => osccShapes.create({ ...options, size: 15 }), /size must be .* from 16/);
  }));
