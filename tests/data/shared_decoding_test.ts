import { randomStream } from "@videoms/core";
import {
  type ClipRequest,
  decodeClips,
  findFfmpeg,
  multiScaleCrop,
  type VideoRecord,
} from "@videoms/data";
import assert from "node:assert/strict";
import { clipGroups } from "../../data/decode/clip_groups.ts";
import { groupArguments } from "../../data/decode/group_arguments.ts";
import { centred, encoders, MPEG4, recordOf, renderVideo, withFolder } from "./test_videos.ts";

/** Five clips of a video: other frames, other boxes, other sizes; some repeat frames, two overlap. */
function fiveClips(record: VideoRecord): ClipRequest[] {
  const random = randomStream(2, "shared", record.frames);
  return Array.from({ length: 5 }, (_, i) => {
    const start = random.integer(record.frames - 6);
    const size = i % 2 === 0 ? 32 : { width: 48, height: 20 };
    const frames = [start, start + 1, start + 5, start + 5];
    return { record, frames, crop: multiScaleCrop(record, 32, random), size };
  });
}

/** Runs ffmpeg as a group does and gives how many frames each input decoded. */
async function decodedFrames(requests: ClipRequest[], folder: string): Promise<number[]> {
  const slots = requests.map((_, i) => `${folder}/${i}.raw`);
  const args = groupArguments(requests, slots).map((arg) => arg === "error" ? "verbose" : arg);
  const { stderr } = await new Deno.Command((await findFfmpeg()).ffmpeg, { args, stdin: "null" })
    .output();
  const words = new TextDecoder().decode(stderr);
  return [...words.matchAll(/Input stream .*?(\d+) frames decoded/g)].map(([, n]) => Number(n));
}

Deno.test("clips of one file share its decoding and are, bit by bit, those decoded alone", () =>
  withFolder(async (folder) => {
    const files: [string, string[]][] = [["a.mp4", MPEG4], ["b.avi", [...MPEG4, "-bf", "2"]]];
    if ((await encoders()).includes("libx264")) {
      files.push(["c.mkv", ["-c:v", "libx264", "-g", "12"]]);
    }
    const requests: ClipRequest[] = [];
    for (const [name, encoder] of files) {
      await renderVideo(`${folder}/${name}`, 40, ...encoder);
      requests.push(...fiveClips(await recordOf(`${folder}/${name}`)));
    }
    const alone: Awaited<ReturnType<typeof decodeClips>> = [];
    for (const request of requests) alone.push(...await decodeClips([request], { processes: 1 }));
    assert.deepEqual(await decodeClips(requests, { processes: 1 }), alone);
    // Neighbours of other files in between.
    const order = randomStream(0, "order").permutation(requests.length);
    const mixed = await decodeClips(Array.from(order, (i) => requests[i]), { processes: 2 });
    mixed.forEach((clip, i) => assert.deepEqual(clip, alone[order[i]]));

    const once = await decodedFrames(requests, folder);
    assert.equal(once.length, files.length);
    for (const frames of once) assert.ok(frames <= 40, `${frames} frames decoded`);
  }));

Deno.test("the frames of a process get times one after the other, so that clips take no turns", () => {
  const record = { path: "/a", width: 96, height: 96, frames: 99, seek: null } as VideoRecord;
  const requests = [[4, 8, 8], [0, 1], [4, 5]].map((frames) => centred(record, frames));
  const filters = groupArguments(requests, ["0", "1", "2"]).filter((arg) => arg.includes("setpts"));
  const firsts = filters.map((filter) => /setpts='PTS\+(\d+)\/TB'/.exec(filter)?.[1]);
  assert.deepEqual(firsts, ["0", "1000000", "2000000"]);
});

Deno.test("groups are cut between files, and a file's clips stay together", () => {
  const requestsOf = (file: number, clips: number, side = 96) =>
    Array.from({ length: clips }, () => {
      const record = { path: `/${file}`, width: side, height: side, frames: 99 } as VideoRecord;
      return centred(record, [0, 1], side);
    });
  const sizes = (requests: ClipRequest[], processes: number) =>
    clipGroups(requests, processes).map((group) => group.length);
  const singles = (clips: number, side?: number) =>
    Array.from({ length: clips }, (_, file) => requestsOf(file, 1, side)).flat();
  // Small clips are divided only if each process has many, larger ones sooner.
  assert.deepEqual(sizes(singles(30), 16), [30]);
  assert.deepEqual(sizes(singles(100), 1), [50, 50]);
  assert.deepEqual(sizes(singles(144), 16), [48, 48, 48]);
  assert.deepEqual(sizes(singles(24, 700), 1), [24]);
  assert.deepEqual(sizes(singles(30, 700), 2), [15, 15]);
  assert.deepEqual(sizes(singles(30, 700), 16), [10, 10, 10]);
  const pairs = Array.from({ length: 25 }, (_, file) => requestsOf(file, 2)).flat();
  assert.ok(sizes(pairs, 2).every((size) => size % 2 === 0));
  const views = [0, 1, 2, 3].flatMap((file) => requestsOf(file, 15));
  assert.deepEqual(sizes([...views, ...views], 2), [60, 60]);
  assert.deepEqual(sizes(requestsOf(0, 30), 2), [30]);
  assert.deepEqual(sizes(requestsOf(0, 100), 2), [48, 52]);
  // Two frames of 4000 × 4000 pixels have 96 MB; two such clips may wait in memory, three not.
  assert.deepEqual(sizes(requestsOf(0, 5, 4000), 1), [2, 2, 1]);
  assert.deepEqual(sizes([0, 1, 2].flatMap((file) => requestsOf(file, 1, 4000)), 1), [2, 1]);
  assert.deepEqual(clipGroups(views, 2).flat(), views);
  assert.deepEqual(clipGroups([], 2), []);
});

Deno.test("a file that breaks or is gone costs its own clips, not those that share a process", () =>
  withFolder(async (folder) => {
    const [sound, cut, gone] = ["sound", "cut", "gone"].map((name) => `${folder}/${name}.mp4`);
    await renderVideo(sound, 40, ...MPEG4, "-movflags", "faststart");
    const record = await recordOf(sound);
    const bytes = await Deno.readFile(sound);
    const half = Math.floor(bytes.length / 2);
    await Deno.writeFile(cut, bytes.subarray(0, half));
    const early = [0, 1, 2];
    const late = [0, 20, 39];
    const clips = (path: string) => {
      const size = path === cut ? half : record.size;
      return [early, late, early].map((frames) => centred({ ...record, path, size }, frames));
    };
    const expected = await decodeClips(clips(sound), { processes: 1 });
    for (const paths of [[sound, cut, sound], [gone, sound, cut], [gone]]) {
      const results = await decodeClips(paths.flatMap(clips), { processes: 1 });
      results.forEach((result, i) => {
        const path = paths[Math.floor(i / 3)];
        const readable = path === sound || (path === cut && i % 3 !== 1);
        if (readable) assert.deepEqual(result, expected[i % 3], path);
        else assert.ok("error" in result, path);
      });
    }
  }));

Deno.test("clips are finished into their places, and misfits are refused", () =>
  withFolder(async (folder) => {
    await renderVideo(`${folder}/a.mp4`, 6, ...MPEG4);
    const request = centred(await recordOf(`${folder}/a.mp4`), [0, 3, 3]);
    const [plain] = await decodeClips([request]);
    assert.ok("pixels" in plain);
    const into = new Uint8Array(32 * 32 * 3);
    const first = (from: number): Pick<ClipRequest, "finish"> => ({
      finish(clip) {
        const { pixels, ...shape } = clip;
        assert.deepEqual(shape, { frames: 3, height: 32, width: 32 });
        return { ...clip, pixels: pixels.slice(from, from + into.length), frames: 1 };
      },
    });
    const clips = await decodeClips([
      { ...request, ...first(0), into },
      { ...request, ...first(into.length) },
    ]);
    assert.ok("pixels" in clips[0] && "pixels" in clips[1]);
    assert.equal(clips[0].pixels, into);
    assert.deepEqual(into, plain.pixels.slice(0, into.length));
    assert.deepEqual(clips[1].pixels, plain.pixels.slice(into.length, 2 * into.length));
    await assert.rejects(
      decodeClips([{ ...request, ...first(0), into: new Uint8Array(5) }]),
      /Cannot prepare a clip of .*a\.mp4: it must have 5 bytes, got 3072 for \[1, 32, 32, 3\]/,
    );
  }));
