import { createLimiter, decodeClips, type VideoRecord } from "@videoms/data";
import assert from "node:assert/strict";
import { CONTAINER_VIDEOS, renderContainers } from "./container_videos.ts";
import { allFrames, assertFrames, clipFrom } from "./full_decode.ts";
import { recordOf, withFolder } from "./test_videos.ts";

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
    for (const { path, name, frames = 60, starts } of videos) {
      const record = await recordOf(path);
      const expected = await allFrames(record);
      assert.equal(record.frames, name.startsWith("uneven.ogv") ? expected.length : frames, name);
      assert.equal(new Set(expected).size, record.frames, `${name}: no frame is like another`);
      const keys = record.seek?.keyframes.length ?? 0;
      assert.equal(keys === 0 ? "counted" : keys === 1 ? "first" : "keys", starts, name);

      const clips = clipsOf(record);
      const whole = clipFrom(record, 0, 1, record.frames);
      // Each start by itself; many clips in one pass; one clip alone, near the end.
      const groups = [{ group: clips, apart: true }, { group: [whole, ...clips], apart: false }];
      const ends = { group: [clipFrom(record, record.frames - 4, 1)], apart: false };
      for (const { group, apart } of [...groups, ends]) {
        const decoded = await decodeClips(group, { processes, apart });
        decoded.forEach((clip, i) => assertFrames(group[i], clip, expected));
      }
    }
    assert.ok(videos.length >= CONTAINER_VIDEOS.length / 2, `${videos.length} could be made`);
  }));
