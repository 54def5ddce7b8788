import { randomStream } from "@videoms/core";
import { type ClipRequest, decodeClips, multiScaleCrop, type VideoRecord } from "@videoms/data";
import assert from "node:assert/strict";
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

/** Every frame of a video, cropped and resized: what a clip's frames must be cut out of. */
function decodeAll(record: VideoRecord, { crop, size }: Pick<ClipRequest, "crop" | "size">) {
  const { x, y, width, height } = crop;
  return ffmpeg(
    ...["-threads", "1", "-i", `file:${record.path}`, "-map", "0:V:0", "-fps_mode", "passthrough"],
    ...["-vf", `crop=${width}:${height}:${x}:${y}:exact=1,scale=${size}:${size}:flags=bilinear`],
    ...["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"],
  );
}

/** The frames of a clip taken out of a full decode. */
function pick(all: Uint8Array, frames: ArrayLike<number>, size: number): Uint8Array {
  const bytes = size * size * 3;
  const clip = new Uint8Array(frames.length * bytes);
  Array.from(frames).forEach((frame, i) =>
    clip.set(all.subarray(frame * bytes, (frame + 1) * bytes), i * bytes)
  );
  return clip;
}

async function assertExact(
  requests: (ClipRequest & { size: number })[],
  processes: number,
): Promise<void> {
  const clips = await decodeClips(requests, { processes });
  for (const [i, clip] of clips.entries()) {
    const { record, frames, size } = requests[i];
    assert.ok("pixels" in clip, `${record.path}: ${JSON.stringify(clip)}`);
    const expected = pick(await decodeAll(record, requests[i]), frames, size);
    assert.deepEqual(clip.pixels, expected, record.path);
  }
}

Deno.test("clips are the frames of a full decode, in every container and codec", () =>
  withFolder(async (folder) => {
    const files: [string, string[]][] = [
      ["a.mp4", MPEG4],
      ["b.avi", [...MPEG4, "-bf", "2"]],
      ["c.mkv", MPEG4],
      ["d.avi", ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"]],
    ];
    if ((await encoders()).includes("libx264")) {
      files.push(["e.mp4", ["-c:v", "libx264", "-g", "12"]], ["f.mkv", ["-c:v", "libx264"]]);
    }
    const random = randomStream(1, "offsets");
    const requests = await Promise.all(files.map(async ([name, encoder]) => {
      await renderVideo(`${folder}/${name}`, 40, ...encoder);
      return await recordOf(`${folder}/${name}`);
    })).then((records) =>
      records.flatMap((record) =>
        [1, 4].map((stride) => {
          const start = random.integer(record.frames - 7 * stride);
          const frames = Array.from({ length: 8 }, (_, i) => start + i * stride);
          return { record, frames, crop: multiScaleCrop(record, 40, random), size: 40 };
        })
      )
    );
    await assertExact(requests, 2);
  }));

Deno.test("whole frames keep their shape", () =>
  withFolder(async (folder) => {
    await renderVideo(`${folder}/a.mp4`, 4, ...MPEG4);
    const record = await recordOf(`${folder}/a.mp4`);
    const size = { width: 96, height: 64 };
    const crop = { x: 0, y: 0, ...size };
    const [clip] = await decodeClips([{ record, frames: [0, 1, 2, 3], crop, size }]);
    const whole = await ffmpeg(
      ...["-i", `file:${record.path}`, "-vf", "scale=96:64:flags=bilinear"],
      ...["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"],
    );
    assert.ok("pixels" in clip && clip.pixels.length === 4 * 64 * 96 * 3);
    assert.deepEqual(clip.pixels, whole);
  }));

Deno.test("repeated frames and unusual file names", () =>
  withFolder(async (folder) => {
    const names = ["a b.mp4", "-i.mp4", 'it\'s "x".mp4', "größe😀.mp4", "%03d;[0].mp4"];
    const paths = names.map((name) => `${folder}/${name}`);
    await renderVideo(paths[0], 6, ...MPEG4);
    for (const path of paths.slice(1)) await Deno.copyFile(paths[0], path);
    const records = await Promise.all(paths.map(recordOf));
    const frames = [[0, 2, 4, 5, 5, 5], [3, 3, 3], [0, 0, 1, 1, 5], [5], [0, 1, 2]];
    await assertExact(records.map((record, i) => centred(record, frames[i])), 1);
  }));

Deno.test("the place for the pixels is used, and grouping does not change them", () =>
  withFolder(async (folder) => {
    await renderVideo(`${folder}/a.mp4`, 12, ...MPEG4);
    const record = await recordOf(`${folder}/a.mp4`);
    const requests = Array.from({ length: 30 }, (_, i) => centred(record, [i % 5, i % 5 + 6]));
    const into = new Uint8Array(requests.length * 2 * 32 * 32 * 3);
    const bytes = into.length / requests.length;
    const clips = await decodeClips(
      requests.map((request, i) => (
        { ...request, into: into.subarray(i * bytes, (i + 1) * bytes) }
      )),
      { processes: 2 },
    );
    const alone = await decodeClips([requests[7]]);
    assert.ok("pixels" in clips[7] && "pixels" in alone[0]);
    assert.equal(clips[7].pixels.buffer, into.buffer);
    assert.deepEqual(into.slice(7 * bytes, 8 * bytes), alone[0].pixels);
  }));

Deno.test("a damaged file costs only itself", () =>
  withFolder(async (folder) => {
    const paths = ["good", "cut", "text", "gone", "also good"].map((name) =>
      `${folder}/${name}.mp4`
    );
    await renderVideo(paths[0], 40, ...MPEG4, "-movflags", "faststart");
    const bytes = await Deno.readFile(paths[0]);
    const record = await recordOf(paths[0]);
    await Deno.writeFile(paths[1], bytes.subarray(0, Math.floor(bytes.length / 2)));
    await Deno.writeTextFile(paths[2], "this is no video");
    await Deno.writeFile(paths[4], bytes);
    const scratch = `${folder}/scratch`;
    await Deno.mkdir(scratch);
    // Records as an index made before the damage would have them.
    const requests = paths.map((path) => centred({ ...record, path }, [0, 38]));
    for (const damaged of [[1], [1, 2, 3]]) {
      const chosen = requests.filter((_, i) => i === 0 || i === 4 || damaged.includes(i));
      const clips = await decodeClips(chosen, { processes: 1, scratch });
      clips.forEach((clip, i) => {
        const sound = i === 0 || i === clips.length - 1;
        assert.equal("pixels" in clip, sound, `${chosen[i].record.path}: ${JSON.stringify(clip)}`);
      });
      assert.deepEqual(
        (clips[0] as { pixels: Uint8Array }).pixels,
        pick(
          await decodeAll(record, requests[0]),
          [0, 38],
          32,
        ),
      );
    }
    assertEmpty(scratch);
  }));

Deno.test("requests that do not fit their video are refused at once", async () => {
  const record = {
    path: "/a.mp4",
    size: 1,
    mtimeMs: 0,
    codec: "h264",
    width: 96,
    height: 64,
    fps: 25,
    frames: 10,
    declaredFrames: 10,
    duration: 0.4,
    seek: null,
  };
  const good = centred(record, [0, 9]);
  const bad: [Partial<ClipRequest>, RegExp][] = [
    [{ frames: [] }, /a clip must have a frame/],
    [{ frames: [0, 10] }, /frames must be 0 to 9, got 10/],
    [{ frames: [3, 2] }, /frames must ascend/],
    [{ crop: { x: 40, y: 0, width: 64, height: 64 } }, /the crop must lie in the 96×64 frame/],
    [{ size: 0 }, /size must be a positive whole number/],
    [{ into: new Uint8Array(3) }, /"into" must have 6144 bytes, got 3/],
  ];
  for (const [change, message] of bad) {
    await assert.rejects(decodeClips([{ ...good, ...change }]), { name: "RangeError", message });
  }
});

Deno.test("aborting kills ffmpeg and removes its files", {
  sanitizeResources: true, // fails if a child process is left
  sanitizeOps: true,
}, () =>
  withFolder(async (folder) => {
    await renderVideo(`${folder}/long.mp4`, 3000, ...MPEG4);
    const record = await recordOf(`${folder}/long.mp4`);
    const scratch = `${folder}/scratch`;
    await Deno.mkdir(scratch);
    const requests = Array.from({ length: 24 }, () => centred(record, [0, 2999]));
    const stop = new AbortController();
    const started = performance.now();
    const decoding = decodeClips(requests, { processes: 2, scratch, signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 300);
    await assert.rejects(decoding, /enough/);
    assert.ok(performance.now() - started < 30_000, "it ended when told to");
    assertEmpty(scratch);
  }));
