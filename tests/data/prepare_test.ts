import {
  decodeClips,
  findFfmpeg,
  frameRaster,
  indexVideos,
  prepareFiles,
  type PrepareOutcome,
  type VideoRecord,
  withImageRate,
} from "@videoms/data";
import assert from "node:assert/strict";
import { fractionOf } from "../../data/prepare/fraction_of.ts";
import { timesOf } from "../../data/index/seek_table.ts";
import { preparedSize } from "../../data/prepare/prepare_file.ts";
import { resampling } from "../../data/prepare/resampling.ts";
import { outputPaths } from "../../data/prepare/output_paths.ts";
import { renderContainers } from "./container_videos.ts";
import { renderHazards } from "./hazard_videos.ts";
import { centred, ffmpeg, MPEG4, recordOf, renderVideo, withFolder } from "./test_videos.ts";

type Done = Extract<PrepareOutcome, { output: string }>;

/** What became of files, by name. */
async function prepare(paths: string[], folder: string, options = {}) {
  const outcomes = await prepareFiles(await indexVideos(paths), { folder, ...options });
  return new Map(outcomes.map((outcome) => [outcome.path.split("/").at(-1)!, outcome]));
}

function done(outcome: PrepareOutcome | undefined): Done {
  assert.ok(outcome && "output" in outcome, JSON.stringify(outcome));
  return outcome;
}

/** Every file below a folder, relative. */
function filesBelow(folder: string, prefix = ""): string[] {
  return [...Deno.readDirSync(`${folder}/${prefix}`)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(folder, `${prefix}${name}/`) : [`${prefix}${name}`]
  ).sort();
}

async function lines(file: string): Promise<Record<string, unknown>[]> {
  const [, ...rest] = (await Deno.readTextFile(file)).trim().split("\n");
  return rest.map((line) => JSON.parse(line));
}

/** Mean difference of pixels, in steps of 255. */
function difference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
}

/** When the frames of a video are shown, in milliseconds. */
function millisecondsOf({ seek, frames }: VideoRecord): number[] {
  const [n, d] = seek!.timeBase;
  const times = timesOf(seek!, Array.from({ length: frames }, (_, i) => i));
  return times.map((time) => Math.round(1000 * time * n / d));
}

/** Decodes lists of frames, each known by its number, of every record. */
async function decodeAll(records: VideoRecord[], ...lists: number[][]): Promise<Uint8Array[][]> {
  const requests = lists.flatMap((frames) => records.map((record) => centred(record, frames)));
  const pixels = (await decodeClips(requests)).map((clip) => {
    assert.ok("pixels" in clip, JSON.stringify(clip));
    return clip.pixels;
  });
  return lists.map((_, i) => pixels.slice(i * records.length, (i + 1) * records.length));
}

Deno.test("prepared sizes: the short side is cut to even pixels, nothing is enlarged", () => {
  assert.deepEqual(preparedSize({ width: 1920, height: 1080 }, 256), { width: 456, height: 256 });
  assert.deepEqual(preparedSize({ width: 320, height: 568 }, 256), { width: 256, height: 454 });
  assert.deepEqual(preparedSize({ width: 97, height: 63 }, 256), { width: 96, height: 62 });
  assert.deepEqual(preparedSize({ width: 1, height: 9 }, 256), { width: 2, height: 18 });
});

Deno.test("prepared files keep their tree, and names that would meet are told apart", () => {
  const sources = ["/d/a/x.avi", "/d/b/x.avi", "/d/b/x.mp4", "/d/b/X.webm", "/d/c"];
  const first = outputPaths(sources, new Map());
  assert.deepEqual([...first.values()], [
    "a/x.mp4",
    "b/x.mp4",
    "b/x.mp4.mp4",
    "b/X.webm.mp4",
    "c.mp4",
  ]);
  // Another list, whose common folder is deeper: what is known stays, the rest finds its own place.
  const second = outputPaths(["/d/a/x.avi", "/d/a/a/x.mp4"], first);
  assert.deepEqual([...second.values()], ["a/x.mp4", "a/x.mp4.mp4"]);
  assert.deepEqual([...outputPaths(["/x.avi"], new Map()).values()], ["x.mp4"]);
});

Deno.test("every kind of file is prepared with all its frames, and seeking in it is exact", () =>
  withFolder(async (folder) => {
    // Times of the one are uneven, those of the other go back.
    const others = await renderContainers(folder, ["uneven.gif", "h264.mxf"]);
    const paths = [...await renderHazards(folder), ...others.map(({ path }) => path)];
    await ffmpeg(
      ...["-f", "lavfi", "-i", "nullsrc=size=64x64,geq=random(1)*255:128:128", "-frames:v", "50"],
      ...["-c:v", "mpeg4", "-q:v", "2", `${folder}/noise.mp4`], // key frames are no larger than others
    );
    const entries = await indexVideos([...paths, `${folder}/noise.mp4`]);
    const outcomes = await prepareFiles(entries, { folder: `${folder}/out` });
    const outputs = await indexVideos(outcomes.map((outcome) => done(outcome).output));
    const pairs: [VideoRecord, VideoRecord][] = [];
    for (const [i, entry] of entries.entries()) {
      const [source, record] = [entry, outputs[i]].map((one) =>
        "record" in one ? one.record : null
      );
      assert.ok(source && record, JSON.stringify([entry, outputs[i]]));
      const name = source.path.split("/").at(-1)!;
      assert.equal(record.frames, source.frames, name);
      assert.deepEqual(
        record.seek?.keyframes,
        Array.from({ length: Math.ceil(record.frames / 16) }, (_, i) => 16 * i),
        name,
      );
      if (name.startsWith("uneven")) {
        assert.deepEqual(millisecondsOf(record), millisecondsOf(source), name);
      }
      if (name !== "noise.mp4" && record.frames > 41) pairs.push([source, record]);
    }
    // Frame by frame the same picture, give or take the encoder: nearer than the next one.
    const frames = [1, 15, 16, 40];
    const originals = pairs.map(([source]) => source);
    const [same, next] = await decodeAll(originals, frames, frames.map((frame) => frame + 1));
    const [after] = await decodeAll(pairs.map(([, record]) => record), frames);
    originals.forEach(({ path }, i) => {
      const [off, nextOff] = [same[i], next[i]].map((one) => difference(one, after[i]));
      assert.ok(off < 10 && off < nextOff, `${path}: pictures differ by ${off}, next ${nextOff}`);
    });
  }));

Deno.test("preparing goes on where it ended, and tries again what changed or failed", () =>
  withFolder(async (folder) => {
    const out = `${folder}/out`;
    const [a, b, text] = [`${folder}/in/a.mp4`, `${folder}/in/deep/a.mp4`, `${folder}/in/text.mp4`];
    await Deno.mkdir(`${folder}/in/deep`, { recursive: true });
    await renderVideo(a, 20, ...MPEG4);
    await renderVideo(b, 30, ...MPEG4);
    await Deno.writeTextFile(text, "no video");
    const entries = () => indexVideos([a, b, text, a]);
    const made = async (options = {}) =>
      (await prepareFiles(await entries(), { folder: out, ...options }))
        .map((outcome) => "error" in outcome ? "failed" : outcome.made);
    const cacheFile = `${folder}/cache.jsonl`;
    assert.deepEqual(await made({ cacheFile }), [true, true, "failed", true]);
    const kept = ["a.mp4", "deep/a.mp4", "errors.jsonl", "prepared.jsonl"];
    assert.deepEqual(filesBelow(out).filter((name) => name !== ".lock"), kept);
    assert.equal((await lines(`${out}/errors.jsonl`))[0].path, text);
    let probed = 0;
    await indexVideos([`${out}/a.mp4`, `${out}/deep/a.mp4`], {
      cacheFile,
      onProgress: (now) => probed = now.probed,
    });
    assert.equal(probed, 0, "the index knows prepared files");

    assert.deepEqual(await made(), [false, false, "failed", false]);
    assert.deepEqual(await made({ shortSide: 32 }), [true, true, "failed", true]);
    await renderVideo(a, 25, ...MPEG4);
    await renderVideo(text, 5, ...MPEG4);
    await Deno.remove(`${out}/deep/a.mp4`);
    assert.deepEqual(await made({ shortSide: 32 }), [true, true, true, true]);
    assert.deepEqual(await lines(`${out}/errors.jsonl`), []);
    assert.equal((await recordOf(`${out}/a.mp4`)).height, 32);
  }));

Deno.test("no file that is there is overwritten, not even a source", () =>
  withFolder(async (folder) => {
    await renderVideo(`${folder}/a.mp4`, 20, ...MPEG4);
    const before = await Deno.readFile(`${folder}/a.mp4`);
    const outcome = (await prepare([`${folder}/a.mp4`], folder)).get("a.mp4");
    assert.match(outcome && "error" in outcome ? outcome.error : "", /was not prepared from it/);
    assert.deepEqual(await Deno.readFile(`${folder}/a.mp4`), before);
  }));

Deno.test("damaged sources fail by themselves", () =>
  withFolder(async (folder) => {
    await renderVideo(`${folder}/sound.mp4`, 40, ...MPEG4);
    const bytes = await Deno.readFile(`${folder}/sound.mp4`);
    for (let i = 3000; i < bytes.length - 3000; i += 97) bytes[i] ^= 0xff;
    await Deno.writeFile(`${folder}/flipped.mp4`, bytes);
    const outcomes = await prepare(
      [`${folder}/flipped.mp4`, `${folder}/sound.mp4`],
      `${folder}/out`,
    );
    assert.ok("error" in outcomes.get("flipped.mp4")!);
    done(outcomes.get("sound.mp4"));
    assert.ok(!filesBelow(`${folder}/out`).some((name) => name.endsWith(".tmp")));
  }));

Deno.test("a full disk stops the work and says what to do", {
  ignore: Deno.build.os !== "linux", // has a device that is always full
}, () =>
  withFolder(async (folder) => {
    await renderVideo(`${folder}/a.mp4`, 20, ...MPEG4);
    await Deno.mkdir(`${folder}/out`);
    await Deno.symlink("/dev/full", `${folder}/out/a.mp4.tmp`);
    await assert.rejects(
      prepare([`${folder}/a.mp4`], `${folder}/out`),
      /Cannot prepare videos: .*must have room for them, got a full disk .*run it again/s,
    );
  }));

Deno.test("stopping leaves no half file, and one process at a time writes to a folder", () =>
  withFolder(async (folder) => {
    await renderVideo(`${folder}/a.mp4`, 2000, ...MPEG4);
    const entries = await indexVideos([`${folder}/a.mp4`]);
    const tools = await findFfmpeg();
    const stop = new AbortController();
    const options = { folder: `${folder}/out`, tools, signal: stop.signal };
    await Deno.mkdir(options.folder);
    const working = prepareFiles(entries, options);
    while (!filesBelow(options.folder).includes("a.mp4.tmp")) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await assert.rejects(prepareFiles(entries, options), /only one process/);
    stop.abort(new Error("enough"));
    await assert.rejects(working, /enough/);
    assert.deepEqual(filesBelow(options.folder), [".lock", "errors.jsonl", "prepared.jsonl"]);
  }));

Deno.test("a short side that cannot be encoded is refused", async () => {
  for (const shortSide of [255, 0, 12.5]) {
    await assert.rejects(prepareFiles([], { folder: "/nowhere", shortSide }), RangeError);
  }
});

Deno.test("rates are fractions: of broadcast, of whole numbers, none of others", () => {
  const rates: [number, number[]][] = [
    [25, [25, 1]],
    [12.5, [25, 2]],
    [30_000 / 1001, [30_000, 1001]],
    [100 / 4.170833, [24_000, 1001]], // of a duration in microseconds
    [Math.PI, [0, 1]],
    [0, [0, 1]],
    [Infinity, [0, 1]],
  ];
  for (const [rate, fraction] of rates) assert.deepEqual(fractionOf(rate, 65_535), fraction);
});

Deno.test("frames are prepared as images, and at a rate as clips at a target rate take them", () =>
  withFolder(async (folder) => {
    await renderVideo(`${folder}/a.b.mkv`, 50, "-c:v", "ffv1", "-pix_fmt", "bgr0");
    await renderVideo(`${folder}/slow.mkv`, 50, "-c:v", "ffv1", "-vf", "fps=8");
    const source = await recordOf(`${folder}/a.b.mkv`);
    const paths = [source.path, `${folder}/slow.mkv`];
    const out = `${folder}/out`;
    const run = (options: object) => prepare(paths, out, { shortSide: 64, ...options });
    const every = (await run({ to: "png" })).get("a.b.mkv");
    assert.deepEqual([done(every).output, done(every).isFolder], [`${out}/a.b`, true]);
    const images = await recordOf(done(every).output);
    assert.deepEqual([images.frames, images.codec, images.height], [50, "png", 64]);
    const frames = [0, 7, 49];
    const [[shown, saved]] = await decodeAll([source, images], frames);
    assert.deepEqual(saved, shown);
    assert.equal(done((await run({ to: "png" })).get("a.b.mkv")).made, false);
    const rated = await run({ to: "png", fps: 10 });
    const slow = rated.get("slow.mkv")!;
    assert.match("error" in slow ? slow.error : "", /its rate is 8 .* must not be below 10/);
    const sparse = await recordOf(done(rated.get("a.b.mkv")).output);
    assert.deepEqual([sparse.frames, sparse.codec], [20, "png"]);
    const raster = frameRaster({ record: source, label: 0 }, 10);
    const picked = Array.from({ length: raster.length }, (_, i) => raster.frame(i));
    const [[wanted]] = await decodeAll([source], picked);
    const [[found]] = await decodeAll([sparse], picked.map((_, i) => i));
    assert.deepEqual(found, wanted);
    // Back to a video, once the rate of the images is stated.
    const stated = withImageRate({ path: sparse.path, record: sparse }, 10);
    const [film] = await prepareFiles([stated], { folder: `${folder}/film`, shortSide: 64 });
    const record = await recordOf(done(film).output);
    assert.deepEqual([record.frames, record.fps, record.duration], [20, 10, 2]);
    const small = (await run({ to: "jpeg", fps: 5 })).get("a.b.mkv");
    assert.deepEqual((await recordOf(done(small).output)).codec, "mjpeg");
    const [unstated] = await prepareFiles([{ path: sparse.path, record: sparse }], {
      folder: `${folder}/other`,
    });
    assert.match("error" in unstated ? unstated.error : "", /rate of its images must be stated/);
    const [half] = await prepareFiles([{ path: source.path, record: source }], {
      folder: `${folder}/half`,
      fps: 12.5,
    });
    const halved = await recordOf(done(half).output);
    assert.deepEqual([halved.frames, halved.fps], [25, 12.5]);
  }));

Deno.test("uneven times at a rate are listed frame by frame", () => {
  const record = {
    ...{ path: "/a.mkv", size: 1, mtimeMs: 0, codec: "ffv1", width: 8, height: 8 },
    ...{ fps: 5, frames: 4, declaredFrames: null, duration: 0.8 },
  };
  const seek = (times: number[]) => ({
    ...{ timeBase: [1, 1000] as const, startTime: 0, keyframes: [0], reordered: false, times },
  });
  const uneven = { ...record, seek: seek([0, 100, 300, 100]) }; // at 0, 0.1, 0.4 and 0.5 s
  assert.deepEqual(resampling(uneven, 2), { select: "eq(n,0)+eq(n,3)", frames: 2 });
  assert.match(`${resampling(uneven, 10)}`, /its rate is 5 frames\/s, which must not be below 10/);
  assert.match(`${resampling({ ...record, seek: null, fps: 0 }, 2)}`, /its frame rate is unknown/);
  assert.deepEqual(resampling({ ...record, seek: null }, null), { select: null, frames: 4 });
});
