/** Damage within a run: it costs what it damages, is tried once, and changes nothing by being known. */

import { clipBatches, type ClipBatchesOptions, decodeClips, type VideoRecord } from "@videoms/data";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { TriedClip } from "../../data/decode/tried_clip.ts";
import { createKnownDamage } from "../../data/decode/known_damage.ts";
import { damageLimit } from "../../data/loader/damage_limit.ts";
import { damage } from "./fault_files.ts";
import { centred, MPEG4, recordOf, renderVideo, withFolder } from "./test_videos.ts";

/** Four videos of 48 frames that are counted from their start, and clips of 9 frames somewhere in them. */
async function fourVideos(folder: string): Promise<ClipBatchesOptions> {
  await renderVideo(`${folder}/0.avi`, 48, ...MPEG4);
  const record = await recordOf(`${folder}/0.avi`);
  const videos = await Promise.all(Array.from({ length: 4 }, async (_, label) => {
    const path = `${folder}/${label}.avi`;
    if (label > 0) await Deno.copyFile(record.path, path);
    return { record: { ...record, path }, label };
  }));
  return {
    ...{ videos, batch: 4, size: 16, seed: 2 },
    plan: ({ record }, random) => {
      const start = random.integer(record.frames - 8);
      const { frames, crop } = centred(record, [start, start + 4, start + 8]);
      return { frames: Int32Array.from(frames), crop };
    },
  };
}

/** What batches show; `each` is told of every one. */
async function collect(
  options: ClipBatchesOptions,
  each: (replaced: boolean) => unknown = () => {},
) {
  const all = [];
  for await (const { indices, pixels, replaced, release } of clipBatches(options)) {
    const pairs = replaced.map(({ path, by, position }) => ({ path, by, position }));
    all.push({
      rows: [...indices],
      pixels: createHash("md5").update(pixels).digest("hex"),
      replaced: pairs,
    });
    release();
    await each(replaced.length > 0);
  }
  return all;
}

Deno.test("a file that is known to be bad is not decoded again", () =>
  withFolder(async (folder) => {
    const options = await fourVideos(folder);
    const { path, size } = options.videos[3].record;
    const sound = await Deno.readFile(path);
    await damage(path, 0, size);
    // So large that 6 batches are decoded together, and two such groups ahead.
    const large = { ...options, size: 400, endEpoch: 24, prefetch: 0 };
    let isMended = false;
    const all = await collect(large, async (replaced) => {
      if (replaced && !isMended) await Deno.writeFile(path, sound);
      isMended ||= replaced;
    });
    assert.deepEqual(
      all.map(({ replaced }) => replaced.map((one) => one.path)),
      all.map(() => [path]),
    );
    // A run that starts now has nothing to replace.
    const [fresh] = await collect({ ...options, endEpoch: 1 });
    assert.deepEqual(fresh.replaced, []);
  }));

Deno.test("damage in the middle costs the clips that pass through it, wherever a run is resumed", () =>
  withFolder(async (folder) => {
    const options = { ...await fourVideos(folder), endEpoch: 30 };
    await damage(options.videos[1].record.path, 0.5, 64);
    const all = await collect(options);
    const shown = all.filter(({ rows }) => rows.includes(1)).length;
    const replaced = all.flatMap((batch) => batch.replaced).length;
    assert.ok(shown > 7 && replaced > 7, `${shown} shown, ${replaced} replaced`);
    const resumed = { ...options, epoch: 17, processes: 1, prefetch: 0 };
    assert.deepEqual(await collect(resumed), all.slice(17));
  }));

Deno.test("clips are whole up to the frame before damage, each time and on every ffmpeg", () =>
  withFolder(async (folder) => {
    await renderVideo(`${folder}/sound.avi`, 48, ...MPEG4);
    const sound = await recordOf(`${folder}/sound.avi`);
    const broken = { ...sound, path: `${folder}/broken.avi` };
    await Deno.copyFile(sound.path, broken.path);
    await damage(broken.path, 0.5, 64);
    const ends = Array.from({ length: 10 }, (_, i) => 22 + i);
    const clipsOf = (record: VideoRecord) =>
      decodeClips(ends.map((end) => centred(record, [end - 8, end - 4, end])));
    const whole = await clipsOf(sound);
    const clips = await clipsOf(broken);
    const shown = clips.findIndex((clip) => "error" in clip);
    assert.ok(shown > 1, `${shown} clips before the damage`);
    assert.deepEqual(clips.slice(0, shown), whole.slice(0, shown));
    assert.ok(clips.slice(shown).every((clip) => "error" in clip));
    assert.deepEqual(await clipsOf(broken), clips);
  }));

Deno.test("the only sound video of a list replaces all the others", () =>
  withFolder(async (folder) => {
    const options = { ...await fourVideos(folder), maxReplaced: 1, endEpoch: 1 };
    for (const { record } of options.videos.slice(1)) await damage(record.path, 0, record.size);
    const all = await collect(options);
    assert.ok(all.every(({ rows }) => rows.every((row) => row === 0)));
    await damage(options.videos[0].record.path, 0, options.videos[0].record.size);
    await assert.rejects(collect(options), /one of 4 drawn videos must be readable, .*--exclude/);
  }));

/** A record of a video with key frames at 0, 12, 24 and 36, or of one that is counted from its start. */
function recordWith(path: string, hasSeek: boolean): VideoRecord {
  const seek = {
    ...{ timeBase: [1, 25] as const, startTime: 0, times: { first: 0, step: 1 } },
    ...{ keyframes: [0, 12, 24, 36], reordered: false },
  };
  const facts = { size: 1, mtimeMs: 0, codec: "mpeg4", fps: 25, declaredFrames: 48, duration: 2 };
  return { path, ...facts, width: 96, height: 64, frames: 48, seek: hasSeek ? seek : null };
}

Deno.test("what must fail is known, and what need not is tried", async () => {
  const asked: number[] = [];
  /** A decoder that fails of passes over the given frames. */
  const decoder = (from: number, to: number, passing = false) =>
  (
    { record, frames }: { record: VideoRecord; frames: ArrayLike<number> },
  ): Promise<TriedClip> => {
    asked.push(frames[0]);
    const start = record.seek ? Math.floor(frames[0] / 12) * 12 : 0;
    const end = frames[frames.length - 1];
    return Promise.resolve(
      start < to && end >= from
        ? { error: "broken", passing, blamed: true }
        : { pixels: new Uint8Array(0) },
    );
  };
  const cases = [
    // record, damaged frames, the clip that fails, single frames tried, known, not known
    [false, [20, 22], [10, 30], [0], [[0, 30], [25, 40]], [[0, 29]]],
    [false, [0, 9], [10, 30], [0], [[0, 0], [5, 6]], []],
    [true, [20, 22], [14, 30], [12], [[12, 30], [20, 47]], [[0, 30], [24, 30], [12, 29]]],
    [true, [24, 25], [30, 31], [24, 0], [[24, 24], [35, 40]], [[0, 30], [12, 13], [36, 37]]],
    [true, [0, 48], [30, 31], [24, 0, 12, 36], [[0, 0], [12, 13], [36, 40], [3, 20]], []],
  ] as const;
  for (const [hasSeek, [from, to], clip, tried, known, unknown] of cases) {
    const record = recordWith("/a.mp4", hasSeek);
    const memory = createKnownDamage();
    asked.length = 0;
    await memory.trace(centred(record, [...clip]), "broken", decoder(from, to));
    assert.deepEqual(asked, tried);
    for (const frames of known) {
      assert.equal(memory.errorOf(centred(record, [...frames])), "broken", `${frames}`);
    }
    for (const frames of unknown) {
      assert.equal(memory.errorOf(centred(record, [...frames])), null, `${frames}`);
    }
    assert.equal(memory.errorOf(centred(recordWith("/b.mp4", hasSeek), [...clip])), null);
  }
  // A drive that does not answer says nothing about the file.
  const memory = createKnownDamage();
  const record = recordWith("/a.mp4", false);
  await memory.trace(centred(record, [10, 30]), "broken", decoder(0, 48, true));
  assert.equal(memory.errorOf(centred(record, [0, 29])), null);
});

Deno.test("a run ends when both the clips and the videos that are damaged are too many", () => {
  const videos = Array.from({ length: 200 }, (_, i) => ({
    record: recordWith(`/${i % 100}.mp4`, false),
    label: 0,
  }));
  const batch = (...files: number[]) => ({
    indices: new Int32Array(20),
    replaced: files.map((i) => ({ path: `/${i}.mp4`, error: "broken", position: 0, by: "" })),
  });
  const limitOf = (maxReplaced: number, more = {}) =>
    damageLimit({ videos, maxReplaced, samples: 1, ...more });
  const one = limitOf(0.01);
  for (let i = 0; i < 100; i++) one(batch(7, 7)); // one file is always allowed
  assert.throws(
    () => one(batch(8)),
    /201 of 2020 clips, in 2 of 100 videos: \/7\.mp4 \(broken\), \/8/,
  );
  const few = limitOf(0.01);
  for (let i = 0; i < 20; i++) few(batch());
  for (let i = 0; i < 4; i++) few(batch(i)); // many videos, few clips
  assert.throws(
    () => few(batch(4, 5)),
    /at most 1 % .* 6 of 500 clips, .*--bad bad.txt.*--exclude/,
  );
  assert.throws(() => limitOf(0)(batch(1)), /1 of 20 clips, in 1 of 100 videos/);
  // What was seen before a run was resumed counts, a file once.
  const before = { seen: 20, replaced: 1, files: ["/7.mp4"] };
  limitOf(0.01, { before })(batch(7));
  assert.throws(() => limitOf(0.01, { before })(batch(8)), /\/7\.mp4 \(before .*\/8\.mp4 \(broken/);
  // Looks at a clip count once.
  assert.throws(() => limitOf(0.01, { samples: 2 })(batch(1, 2)), /2 of 10 clips/);
});
