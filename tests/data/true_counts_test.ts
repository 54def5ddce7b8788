import { createLimiter, decodeClips, fileFindings, indexVideos, verifyFiles } from "@videoms/data";
import assert from "node:assert/strict";
import { allFrames, assertFrames, clipFrom } from "./full_decode.ts";
import { withFolder } from "./test_videos.ts";
import { renderUncounted } from "./uncounted_videos.ts";

Deno.test("frames are those that decoding gives, whatever packets and containers say", () =>
  withFolder(async (folder) => {
    const videos = await renderUncounted(folder);
    const entries = await indexVideos(videos.map(({ path }) => path));
    const records = entries.flatMap((entry) => "record" in entry ? [entry.record] : []);
    assert.equal(records.length, videos.length, JSON.stringify(entries));
    const checks = await verifyFiles(records);
    const processes = createLimiter(navigator.hardwareConcurrency);
    await Promise.all(videos.map(async ({ path, frames, seeks }, i) => {
      const record = records[i];
      assert.equal(record.frames, frames, `${path}: frames by the index`);
      if (seeks) assert.ok(record.seek && record.seek.keyframes.length > 1, `${path} is sought in`);
      assert.deepEqual(checks[i].record, record, `${path}: the check corrects nothing`);
      assert.deepEqual(fileFindings(record, checks[i].check).faults, [], path);
      const expected = await processes.run(() => allFrames(record));
      // A clip of every frame, started at the key frame before it, and one of all.
      const requests = [
        clipFrom(record, 0, 1, frames),
        ...expected.map((_, frame) => clipFrom(record, frame, 1, 1)),
      ];
      const clips = await decodeClips(requests, { apart: true, processes });
      clips.forEach((clip, k) => assertFrames(requests[k], clip, expected));
    }));
    console.log(`      ${videos.length} files, every frame compared`);
  }));
