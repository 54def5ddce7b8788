import { randomStream } from "@videoms/core";
import { createLimiter, decodeClips, type VideoRecord } from "@videoms/data";
import assert from "node:assert/strict";
import { allFrames, assertFrames, clipFrom } from "./full_decode.ts";
import { renderHazards } from "./hazard_videos.ts";
import { recordOf, withFolder } from "./test_videos.ts";

/** Offsets of clips: just before and at key frames, at both ends, and drawn ones. */
function offsetsOf({ frames, seek }: VideoRecord): number[] {
  const random = randomStream(7, "offsets", frames);
  const nearKeys = (seek?.keyframes ?? []).flatMap((key) =>
    [-4, -3, -2, -1, 0, 1, 2].map((d) => key + d)
  );
  const drawn = Array.from({ length: 12 }, () => random.integer(frames));
  const all = [...nearKeys, 0, frames - 1, ...drawn];
  return [...new Set(all.filter((frame) => frame >= 0 && frame < frames))];
}

Deno.test("every frame is the one of a full decode, in every file that seeking goes wrong in", () =>
  withFolder(async (folder) => {
    let clips = 0;
    let sought = 0;
    const processes = createLimiter(navigator.hardwareConcurrency);
    for (const path of await renderHazards(folder)) {
      const record = await recordOf(path);
      const expected = await allFrames(record);
      const requests = offsetsOf(record).map((start) => clipFrom(record, start, 2));
      // Some of them apart as well: that is when decoding starts in the middle of a short file that is sought in.
      const apart = record.seek ? requests.slice(2, 10) : [];
      await Promise.all([requests, apart].map(async (group) => {
        const decoded = await decodeClips(group, { processes, apart: group === apart });
        decoded.forEach((clip, i) => assertFrames(group[i], clip, expected));
        clips += decoded.length;
      }));
      if (record.seek) sought++;
    }
    console.log(`      ${clips} clips compared, ${sought} files are sought in`);
    assert.ok(clips >= 500, `${clips}`);
  }));
