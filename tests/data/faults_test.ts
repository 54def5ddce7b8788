/** Whatever may be wrong with a file or its name: it costs itself, and nothing is opened beside it. */

import { centreCrop, clipBatches, decodeClips, indexVideos, type VideoRecord } from "@videoms/data";
import assert from "node:assert/strict";
import { damage, FAULTS, makeFaults } from "./fault_files.ts";
import { makePipe, videoProcesses } from "./processes.ts";
import {
  assertEmpty,
  centred,
  encoders,
  ffmpeg,
  MPEG4,
  recordOf,
  renderVideo,
  withFolder,
} from "./test_videos.ts";

const LINUX_ONLY = { ignore: Deno.build.os !== "linux" };

/** Frames of the clips that are asked for. */
const CLIP = [0, 5, 9];

Deno.test("what is no video is told in the index, with the reason", () =>
  withFolder(async (folder) => {
    const paths = await makeFaults(folder);
    const entries = await indexVideos([...paths.values(), `${folder}/sound.mp4`]);
    assert.ok("record" in entries.pop()!, "a sound file beside them");
    for (const [i, [name, [, words]]] of Object.entries(FAULTS).entries()) {
      const entry = entries[i];
      assert.ok("error" in entry, `${name} has a record`);
      assert.match(entry.error, words, `${name}: ${entry.error}`);
    }
    // Without the white list ffmpeg follows such a file to its neighbours: the danger is real.
    const list = await ffmpeg(
      "-i",
      `file:${paths.get("list of files")}`,
      "-f",
      "rawvideo",
      "pipe:1",
    );
    assert.ok(list.length > 0);
  }));

Deno.test("a file that became no video after it was indexed costs its own clip alone", () =>
  withFolder(async (folder) => {
    const paths = await makeFaults(folder);
    const record = await recordOf(`${folder}/sound.mp4`);
    const scratch = `${folder}/scratch`;
    await Deno.mkdir(scratch);
    const faulty = [...paths.values()].map((path) => centred({ ...record, path }, CLIP));
    const sound = centred(record, CLIP);
    const clips = await decodeClips([sound, ...faulty, sound], { scratch });
    for (const [i, name] of [...paths.keys()].entries()) {
      assert.ok("error" in clips[i + 1], `${name} was decoded`);
    }
    assert.ok("pixels" in clips[0]);
    assert.deepEqual(clips.at(-1), clips[0]);
    assertEmpty(scratch);
    if (Deno.build.os === "linux") assert.deepEqual(await videoProcesses(folder), []);
  }));

Deno.test("a pipe is never opened", LINUX_ONLY, () =>
  withFolder(async (folder) => {
    const [sound, pipe] = [`${folder}/sound.mp4`, `${folder}/pipe.mp4`];
    await renderVideo(sound, 12, ...MPEG4);
    await makePipe(pipe);
    const [entry] = await indexVideos([pipe]);
    assert.deepEqual(entry, { path: pipe, error: "it is not a regular file" });
    const record = await recordOf(sound);
    const requests = [{ ...record, path: pipe }, record].map((one) => centred(one, CLIP));
    const clips = await decodeClips(requests);
    assert.deepEqual(clips[0], { error: "it is not a regular file" });
    assert.ok("pixels" in clips[1]);
  }));

Deno.test("names are names of files: no address, no protocol, no pattern, no shell", () =>
  withFolder(async (folder) => {
    const sound = `${folder}/sound.mp4`;
    await renderVideo(sound, 12, ...MPEG4);
    const names = [
      "two words.mp4",
      " first.mp4",
      "-i.mp4",
      `'single' "double".mp4`,
      "größe 動画 😀.mp4",
      "line\nbreak.mp4",
      "%03d.mp4",
      "colon:x.mp4",
      "http:x.mp4",
      "back\\slash.mp4",
      "$(id) `id` $id.mp4",
      "[0];x,y.mp4",
      "concat:a|b.mp4",
    ];
    for (const name of names) await Deno.copyFile(sound, `${folder}/${name}`);
    const paths = [sound, ...names.map((name) => `${folder}/${name}`)];
    const entries = await indexVideos(paths);
    const requests = entries.map((entry) => {
      assert.ok("record" in entry, JSON.stringify(entry));
      return centred(entry.record, CLIP);
    });
    const clips = await decodeClips(requests);
    assert.ok("pixels" in clips[0]);
    clips.forEach((clip, i) => assert.deepEqual(clip, clips[0], paths[i]));
  }));

Deno.test("addresses and protocols are not followed", () =>
  withFolder(async (folder) => {
    const sound = `${folder}/sound.mp4`;
    await renderVideo(sound, 12, ...MPEG4);
    const record = await recordOf(sound);
    const names = [
      "http://127.0.0.1:9/x.mp4",
      "https://example.invalid/x.mp4",
      "rtsp://127.0.0.1:9/x",
      `concat:${sound}|${sound}`,
      `subfile,,start,0,end,0,,:${sound}`,
      `file:${sound}`,
      `data:video/mp4;base64,AAAA`,
      "pipe:0",
      "nul\0.mp4",
    ];
    for (const entry of await indexVideos(names)) assert.ok("error" in entry, entry.path);
    // The same of records that say so, as a cache from elsewhere might.
    const clips = await decodeClips(names.map((path) => centred({ ...record, path }, CLIP)));
    clips.forEach((clip, i) => assert.ok("error" in clip, names[i]));
  }));

/** Whether each clip of a video is there, by the frames asked for. */
async function readable(record: VideoRecord, clips: number[][]): Promise<boolean[]> {
  const results = await decodeClips(clips.map((frames) => centred(record, frames)));
  return results.map((result) => "pixels" in result);
}

Deno.test("a file that was cut off is readable up to the cut and no further", () =>
  withFolder(async (folder) => {
    for (
      const [name, more] of [["a.mp4", ["-movflags", "faststart"]], ["a.avi", []], ["a.mkv", []]]
    ) {
      const path = `${folder}/${name}`;
      await renderVideo(path, 60, ...MPEG4, ...more);
      const indexed = await recordOf(path);
      const bytes = await Deno.readFile(path);
      const size = Math.floor(bytes.length * 0.6);
      await Deno.writeFile(path, bytes.subarray(0, size));
      const [other] = await decodeClips([centred(indexed, [0])]);
      assert.ok("error" in other && other.error.includes("not the indexed file"), path);
      const whole = { ...indexed, size };
      assert.deepEqual(
        await readable(whole, [[0, 4, 8], [0, 30, 59], [57, 58, 59]]),
        [true, false, false],
        path,
      );
      // An index that is made now knows, and where the file says how long it should be tells.
      const { frames, declaredFrames } = await recordOf(path);
      assert.ok(frames < 50, path);
      assert.equal(declaredFrames, name === "a.mkv" ? null : 60);
    }
  }));

Deno.test("frames that the decoder makes up are no frames", () =>
  withFolder(async (folder) => {
    const files: [string, string[]][] = [
      ["a.mp4", [...MPEG4, "-bf", "0"]],
      ["b.avi", [...MPEG4, "-bf", "2"]],
    ];
    if ((await encoders()).includes("libx264")) {
      files.push(["c.mp4", ["-c:v", "libx264", "-g", "12", "-preset", "veryfast"]]);
    }
    for (const [name, encoder] of files) {
      const path = `${folder}/${name}`;
      await renderVideo(path, 96, ...encoder);
      const record = await recordOf(path);
      const ends = [[0, 2, 4], [record.frames - 3, record.frames - 1]];
      const sound = await decodeClips(ends.map((frames) => centred(record, frames)));
      await damage(path, 0.5, 64);
      const all = Array.from({ length: record.frames }, (_, i) => i);
      // By itself ffmpeg gives every frame and says that all went well.
      const [middle] = await decodeClips([centred(record, all)]);
      assert.ok("error" in middle, `${name}: ${JSON.stringify(Object.keys(middle))}`);
      assert.ok(!middle.error.includes(folder) && !/0x/.test(middle.error), middle.error);
      const [first, last] = await decodeClips(ends.map((frames) => centred(record, frames)));
      assert.deepEqual(first, sound[0], `${name}: before the damage`);
      // After it only where decoding can start behind it.
      if (record.seek) assert.deepEqual(last, sound[1], `${name}: after the damage`);
      else assert.ok("error" in last, `${name}: counted through the damage`);
    }
  }));

Deno.test("a clip of a damaged stretch is replaced by a seeded draw, and said so", () =>
  withFolder(async (folder) => {
    const paths = Array.from({ length: 6 }, (_, i) => `${folder}/${i}.avi`);
    await renderVideo(paths[0], 48, ...MPEG4);
    for (const path of paths.slice(1)) await Deno.copyFile(paths[0], path);
    const videos = await Promise.all(
      paths.map(async (path, label) => ({ record: await recordOf(path), label })),
    );
    await damage(paths[2], 0.4, 64);
    const collect = async (processes: number) => {
      const batches = clipBatches({
        videos,
        batch: 3,
        size: 32,
        seed: 4,
        plan: ({ record }) => ({ frames: Int32Array.of(0, 20, 47), crop: centreCrop(record) }),
        endEpoch: 1,
        processes,
      });
      const seen = [];
      for await (const { replaced, labels, pixels, release } of batches) {
        seen.push({ replaced, labels: [...labels], pixels: pixels.slice() });
        release();
      }
      return seen;
    };
    const once = await collect(1);
    const replaced = once.flatMap((batch) => batch.replaced);
    assert.deepEqual(new Set(replaced.map(({ path }) => path)), new Set([paths[2]]));
    assert.ok(replaced.every(({ error }) => error.length > 0));
    assert.ok(once.every(({ labels }) => !labels.includes(2)));
    assert.deepEqual(await collect(3), once);
  }));
