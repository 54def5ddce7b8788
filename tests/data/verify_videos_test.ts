import {
  fileFindings,
  indexVideos,
  type VerifiedFile,
  verifyFiles,
  type VideoRecord,
} from "@videoms/data";
import assert from "node:assert/strict";
import { seekOffsets } from "../../data/verify/compare_seeks.ts";
import { renderHazards } from "./hazard_videos.ts";
import { MPEG4, recordOf, renderVideo, withFolder } from "./test_videos.ts";

const kinds = ({ record, check }: VerifiedFile) =>
  fileFindings(record, check).faults.map(({ kind }) => kind);

const nameOf = ({ record }: VerifiedFile) => record.path.split("/").at(-1)!;

/** A sound video in a container whose header comes first, and its bytes. */
async function renderSound(folder: string): Promise<{ path: string; bytes: Uint8Array }> {
  const path = `${folder}/sound.mp4`;
  await renderVideo(path, 120, ...MPEG4, "-movflags", "+faststart");
  return { path, bytes: await Deno.readFile(path) };
}

Deno.test("nothing is wrong with sound files of any kind, and seeking in them is exact", () =>
  withFolder(async (folder) => {
    const records = await Promise.all((await renderHazards(folder)).map(recordOf));
    for (const file of await verifyFiles(records)) {
      assert.deepEqual(kinds(file), [], `${nameOf(file)}: ${JSON.stringify(file.check)}`);
      assert.equal(file.check.seekFault, null, nameOf(file));
      assert.equal(file.check.decoded, file.record.frames, nameOf(file));
      assert.equal(file.check.compared > 0, file.record.seek !== null, nameOf(file));
    }
  }));

Deno.test("seeking is tried at key frames and just before them", () => {
  const seek = {
    timeBase: [1, 25] as const,
    startTime: 0,
    times: { first: 0, step: 1 },
    keyframes: [0, 40, 80],
    reordered: false,
  };
  const record = { path: "/a.mp4", frames: 100, seek } as unknown as VideoRecord;
  const offsets = seekOffsets(record);
  for (const offset of [37, 38, 39, 40, 77, 78, 79, 80]) assert.ok(offsets.includes(offset));
  assert.deepEqual(seekOffsets(record), offsets);
  const many = { ...seek, keyframes: Array.from({ length: 900 }, (_, i) => i * 10) };
  assert.ok(seekOffsets({ ...record, frames: 9000, seek: many }).length <= 36);
});

Deno.test("truncated and damaged files are told, sound ones beside them are not", () =>
  withFolder(async (folder) => {
    const { path, bytes } = await renderSound(folder);
    await Deno.writeFile(`${folder}/cut.mp4`, bytes.subarray(0, bytes.length * 0.6));
    const flipped = bytes.slice();
    for (let i = bytes.length >> 1; i < bytes.length - 500; i += 61) flipped[i] ^= 0xff;
    await Deno.writeFile(`${folder}/flipped.mp4`, flipped);
    const avi = `${folder}/cut.avi`;
    await renderVideo(avi, 120, ...MPEG4);
    await Deno.truncate(avi, (await Deno.stat(avi)).size >> 1);
    const paths = [path, `${folder}/cut.mp4`, `${folder}/flipped.mp4`, avi];
    const files = await verifyFiles(await Promise.all(paths.map(recordOf)));
    const found = new Map(files.map((file) => [nameOf(file), kinds(file)]));
    assert.deepEqual(found.get("sound.mp4"), []);
    assert.ok(found.get("cut.mp4")?.includes("truncated"));
    assert.ok(found.get("flipped.mp4")?.includes("damaged"));
    assert.ok(found.get("cut.avi")?.includes("truncated"));
  }));

Deno.test("a file that is sought in wrongly is found, and counted from the start from then on", () =>
  withFolder(async (folder) => {
    const { path } = await renderSound(folder);
    const cacheFile = `${folder}/cache.jsonl`;
    const [entry] = await indexVideos([path], { cacheFile });
    assert.ok("record" in entry && entry.record.seek);
    // As if its times were off by one frame, as those of files with B-frames may be.
    const { record } = entry;
    const seek = structuredClone(entry.record.seek) as { times: { first: number; step: number } };
    seek.times.first += seek.times.step;
    const wrong = { ...record, seek } as unknown as VideoRecord;
    const [file] = await verifyFiles([wrong], { cacheFile });
    assert.match(file.check.seekFault!, /frame \d+ came out as|of 4 frames/);
    assert.equal(file.record.seek, null);
    assert.deepEqual(kinds(file), [], "its frames are exact all the same");
    const [again] = await indexVideos([path], { cacheFile });
    assert.ok("record" in again);
    assert.deepEqual(again.record, file.record);
  }));

Deno.test("a number of frames that is wrong in the index is put right there", () =>
  withFolder(async (folder) => {
    const { path } = await renderSound(folder);
    const cacheFile = `${folder}/cache.jsonl`;
    const record = await recordOf(path);
    const [file] = await verifyFiles([{ ...record, frames: 121, declaredFrames: 121 }], {
      cacheFile,
    });
    assert.deepEqual([file.record.frames, file.record.declaredFrames], [120, 120]);
    assert.equal(file.record.seek, null);
    assert.deepEqual(kinds(file), []);
    const [again] = await indexVideos([path], { cacheFile });
    assert.ok("record" in again);
    assert.deepEqual(again.record, file.record);
  }));

Deno.test("checks are kept: a second call decodes nothing but files that changed", () =>
  withFolder(async (folder) => {
    const { path, bytes } = await renderSound(folder);
    await Deno.writeFile(`${folder}/other.mp4`, bytes);
    const checksFile = `${folder}/checks.jsonl`;
    const check = async () => {
      const records = await Promise.all([path, `${folder}/other.mp4`].map(recordOf));
      let decoded = 0;
      await verifyFiles([...records, records[0]], {
        checksFile,
        onProgress: ({ checked, total }) => {
          decoded = checked;
          assert.equal(total, 2);
        },
      });
      return decoded;
    };
    assert.equal(await check(), 2);
    assert.equal(await check(), 0);
    await Deno.writeFile(path, bytes.subarray(0, bytes.length - 1));
    assert.equal(await check(), 1);
    const stopped = verifyFiles([await recordOf(path)], {
      signal: AbortSignal.abort(new Error("enough")),
    });
    await assert.rejects(stopped, /enough/);
  }));

Deno.test("what is unusual about a sound file is told apart from what is wrong", () => {
  const check = { decoded: 300, complaints: 0, complaint: null, compared: 0, seekFault: null };
  const sound = { frames: 300, declaredFrames: 300, width: 97, height: 64, fps: 25, duration: 30 };
  const record = { ...sound, seek: null } as unknown as VideoRecord;
  const found = fileFindings(record, { ...check, path: "", size: 0, mtimeMs: 0 });
  assert.deepEqual(found.faults, []);
  assert.deepEqual(found.oddities.map(({ kind }) => kind), [
    "late starts",
    "odd size",
    "early end",
  ]);
});
