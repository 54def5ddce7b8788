import { createLimiter, decodeClips, type VideoRecord } from "@videoms/data";
import assert from "node:assert/strict";
import { timesOf } from "../../data/index/seek_table.ts";
import { CONTAINER_VIDEOS, renderContainers, type RenderedContainer } from "./container_videos.ts";
import { allFrames, assertFrames, clipFrom } from "./full_decode.ts";
import { ffmpeg, recordOf, withFolder } from "./test_videos.ts";

/** Clips from both ends, at and around key frames, and between, each at several strides. */
function clipsOf(record: VideoRecord) {
  const { frames, seek } = record;
  const keys = seek?.keyframes.slice(0, 4) ?? [];
  const starts = [0, 1, 7, 25, frames - 7, frames - 2, frames - 1]
    .concat(keys.flatMap((key) => [key - 1, key, key + 1]))
    .filter((start) => start >= 0 && start < frames);
  return [...new Set(starts)].flatMap((start) =>
    [1, 4].map((stride) => clipFrom(record, start, stride))
  );
}

Deno.test("every container: the true count, and every frame that of a full decode, wherever it is started", () =>
  withFolder(async (folder) => {
    const processes = createLimiter(navigator.hardwareConcurrency);
    const videos = await renderContainers(folder);
    const beside = createLimiter(navigator.hardwareConcurrency);
    const compare = async ({ path, name, frames = 50, starts }: RenderedContainer) => {
      const record = await recordOf(path);
      const expected = await allFrames(record);
      assert.equal(record.frames, name.startsWith("uneven.ogv") ? expected.length : frames, name);
      assert.equal(new Set(expected).size, record.frames, `${name}: no frame is like another`);
      const keys = record.seek?.keyframes.length ?? 0;
      assert.equal(keys === 0 ? "counted" : keys === 1 ? "first" : "keys", starts, name);

      const clips = clipsOf(record);
      const whole = clipFrom(record, 0, 1, record.frames);
      // Each start by itself, and many clips in one pass.
      const groups = [{ group: clips, apart: true }, { group: [whole, ...clips], apart: false }];
      for (const { group, apart } of groups) {
        const decoded = await decodeClips(group, { processes, apart });
        decoded.forEach((clip, i) => assertFrames(group[i], clip, expected));
      }
    };
    await Promise.all(videos.map((video) => beside.run(() => compare(video))));
    assert.ok(videos.length >= CONTAINER_VIDEOS.length / 2, `${videos.length} could be made`);
  }));

Deno.test("the times of a GIF are its delays", () =>
  withFolder(async (folder) => {
    const path = `${folder}/uneven.gif`;
    // 0.04, 0.04 and 0.12 s, over and over.
    await ffmpeg(
      ...["-f", "lavfi", "-i", "testsrc2=size=32x32:rate=25"],
      ...["-vf", "settb=1/100,setpts='4*(N+2*floor(N/3))'", "-fps_mode", "passthrough"],
      ...["-frames:v", "30", `file:${path}`],
    );
    const record = await recordOf(path);
    const times = timesOf(record.seek!, Array.from({ length: 30 }, (_, i) => i));
    assert.deepEqual(times, Array.from({ length: 30 }, (_, i) => 4 * (i + 2 * Math.floor(i / 3))));
    assert.deepEqual(record.seek!.timeBase, [1, 100]);
    // The last delay is as long as its neighbours here: 30 frames in 1.92 s.
    assert.ok(Math.abs(record.fps * record.duration - 30) < 1e-9, `${record.fps}`);
    assert.ok(record.duration >= 1.92 && record.duration <= 2, `${record.duration}`);
  }));
