import { randomStream } from "@videoms/core";
import { type ClipRequest, createLimiter, decodeClips, type VideoRecord } from "@videoms/data";
import assert from "node:assert/strict";
import { renderHazards } from "./hazard_videos.ts";
import { ffmpeg, recordOf, withFolder } from "./test_videos.ts";

const SIDE = 24;

/** The frames of a full decode as one would see them, each as text that stands for its pixels. */
async function allFrames({ path, frames }: VideoRecord): Promise<string[]> {
  const pixels = await ffmpeg(
    ...["-threads", "1", "-i", `file:${path}`, "-map", "0:V:0", "-fps_mode", "passthrough"],
    ...["-vf", `scale=${SIDE}:${SIDE}:flags=bilinear`],
    ...["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"],
  );
  const bytes = SIDE * SIDE * 3;
  assert.equal(pixels.length / bytes, frames, `${path}: as many frames as the index says`);
  return Array.from(
    { length: frames },
    (_, i) => pixels.subarray(i * bytes, (i + 1) * bytes).join(),
  );
}

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
      const { width, height } = record;
      const requests = offsetsOf(record).map((start): ClipRequest => ({
        record,
        frames: [0, 2, 4].map((step) => Math.min(start + step, record.frames - 1)),
        crop: { x: 0, y: 0, width, height },
        size: SIDE,
      }));
      // Some of them alone as well: that is when decoding starts in the middle of a short file.
      const groups = [requests, ...requests.slice(2, 10).map((request) => [request])];
      await Promise.all(groups.map(async (group) => {
        const decoded = await decodeClips(group, { processes });
        decoded.forEach((clip, i) => {
          const { frames } = group[i];
          assert.ok("pixels" in clip, `${path} from ${frames[0]}: ${JSON.stringify(clip)}`);
          const bytes = SIDE * SIDE * 3;
          Array.from(frames).forEach((frame, t) => {
            const got = clip.pixels.subarray(t * bytes, (t + 1) * bytes).join();
            const where = expected.indexOf(got);
            assert.ok(got === expected[frame], `${path}: frame ${frame} of ${frames} is ${where}`);
          });
          clips++;
        });
      }));
      if (record.seek) sought++;
    }
    console.log(`      ${clips} clips compared, ${sought} files are sought in`);
    assert.ok(clips >= 500, `${clips}`);
  }));
