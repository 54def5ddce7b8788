import {
  annotations,
  decodeClips,
  indexVideos,
  makeManifest,
  prepareVideos,
  readAnnotations,
  sharedContent,
  verifyFiles,
  type VideoRecord,
} from "@videoms/data";
import { createRegistry, pluginsOf } from "@videoms/core";
import * as data from "@videoms/data";
import assert from "node:assert/strict";
import { imageFacts } from "../../data/images/image_facts.ts";
import { findSeries } from "../../data/images/image_series.ts";
import { centred, ffmpeg, recordOf, withFolder } from "./test_videos.ts";

/** A lossless video in RGB, and a folder of each of its frames. */
async function renderFrames(folder: string, frames: number, names: string): Promise<string> {
  const video = `${folder}/video.mkv`;
  await Deno.mkdir(`${folder}/clip`, { recursive: true });
  await ffmpeg(
    ...["-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25", "-frames:v", String(frames)],
    ...["-c:v", "ffv1", "-pix_fmt", "bgr0", `file:${video}`],
  );
  await ffmpeg("-i", `file:${video}`, "-start_number", "0", "-q:v", "2", `${folder}/clip/${names}`);
  return video;
}

async function entryOf(path: string, options = {}) {
  const [entry] = await indexVideos([path], options);
  return entry;
}

async function errorOf(path: string): Promise<string> {
  const entry = await entryOf(path);
  assert.ok("error" in entry, JSON.stringify(entry));
  return entry.error;
}

async function pixelsOf(record: VideoRecord, frames: number[], size = 32): Promise<Uint8Array> {
  const [clip] = await decodeClips([centred(record, frames, size)]);
  assert.ok("pixels" in clip, JSON.stringify(clip));
  return clip.pixels;
}

Deno.test("images of a lossless video give the clips of the video, whatever their names", () =>
  withFolder(async (folder) => {
    const video = await recordOf(await renderFrames(folder, 40, "img_%05d.png"));
    const names = [..."abc"].map((name) => `${folder}/${name} 100%d [x]'`);
    const forms = [(i: number) => `${i + 7}.png`, (i: number) => `é%_${i}.PNG`, null] as const;
    const originals = `${folder}/clip`;
    for (const [i, form] of forms.entries()) {
      if (!form) continue;
      await Deno.mkdir(names[i]);
      for (let frame = 0; frame < 40; frame++) {
        const name = `img_${String(frame).padStart(5, "0")}.png`;
        await Deno.copyFile(`${originals}/${name}`, `${names[i]}/${form(frame)}`);
      }
      await Deno.writeTextFile(`${names[i]}/notes.txt`, "not an image");
    }
    const folders = await Promise.all([originals, names[0], names[1]].map(recordOf));
    const frames = [[0, 1, 2, 3], [5, 9, 13, 39], [12, 12, 30, 30, 31], [39]];
    for (const record of folders) {
      assert.equal(record.frames, 40);
      assert.deepEqual([record.width, record.height, record.codec], [96, 64, "png"]);
      assert.deepEqual([record.fps, record.duration, record.seek], [0, 0, null]);
    }
    const requests = [video, ...folders].flatMap((record) =>
      frames.map((list) => ({
        record,
        frames: list,
        crop: { x: 10, y: 3, width: 51, height: 44 },
        size: { width: 48, height: 40 },
      }))
    );
    const clips = (await decodeClips(requests, { processes: 2 })).map((clip) => {
      assert.ok("pixels" in clip, JSON.stringify(clip));
      return clip.pixels;
    });
    clips.forEach((pixels, i) => assert.deepEqual(pixels, clips[i % frames.length], `clip ${i}`));
  }));

Deno.test("JPEG images decode as ffmpeg decodes them one by one, whatever follows their end", () =>
  withFolder(async (folder) => {
    await renderFrames(folder, 12, "%d.jpg");
    const first = await Deno.readFile(`${folder}/clip/0.jpg`);
    const fifth = await Deno.readFile(`${folder}/clip/5.jpg`);
    // Cameras store a second picture behind the first.
    await Deno.writeFile(`${folder}/clip/5.jpg`, Uint8Array.from([...fifth, ...first, 0, 0, 0]));
    const record = await recordOf(`${folder}/clip`);
    assert.deepEqual([record.frames, record.codec], [12, "mjpeg"]);
    const frames = [0, 4, 5, 6, 11];
    const single = await Promise.all(frames.map((frame) =>
      ffmpeg(
        ...["-i", `${folder}/clip/${frame}.jpg`, "-vf"],
        "crop=64:64:16:0:exact=1,scale=32:32:flags=bilinear",
        ...["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"],
      )
    ));
    assert.deepEqual(
      await pixelsOf(record, frames),
      Uint8Array.from(single.flatMap((one) => [...one])),
    );
  }));

Deno.test("what is wrong with a folder is named: gaps, several series, sizes, formats, no images", () =>
  withFolder(async (folder) => {
    await renderFrames(folder, 6, "img_%05d.png");
    const clip = `${folder}/clip`;
    await Deno.copyFile(`${clip}/img_00000.png`, `${clip}/flow_x_00000.png`);
    assert.match(await errorOf(clip), /one series of images .* got .*flow_x_%d\.png \(1\)/);
    assert.equal((await recordOf(`${clip}/img_%05d.png`)).frames, 6);
    assert.match(await errorOf(`${clip}/x_%d.png`), /must hold images named x_%d\.png, got none/);
    await Deno.remove(`${clip}/flow_x_00000.png`);
    await Deno.rename(`${clip}/img_00003.png`, `${folder}/kept.png`);
    assert.match(
      await errorOf(clip),
      /without gaps and in one way, got img_00004\.png in place of img_00003\.png/,
    );
    await ffmpeg("-f", "lavfi", "-i", "color=size=64x96", "-frames:v", "1", `${folder}/tall.png`);
    await Deno.copyFile(`${folder}/tall.png`, `${clip}/img_00003.png`);
    assert.match(await errorOf(clip), /frame 3, img_00003\.png, has 64x96 pixels, .* 96x64/);
    await ffmpeg("-i", `${folder}/kept.png`, `${folder}/other.jpg`);
    await Deno.rename(`${folder}/other.jpg`, `${clip}/img_00003.png`);
    assert.match(await errorOf(clip), /frame 3, img_00003\.png, is mjpeg, others .* png/);
    await Deno.mkdir(`${folder}/empty`);
    assert.match(await errorOf(`${folder}/empty`), /numbered JPEG or PNG images, got a folder/);
    assert.match(await errorOf(`${folder}/gone`), /no such file/);
  }));

Deno.test("series are found in names", () => {
  const found = (path: string, ...names: string[]) => {
    const series = findSeries(path, names);
    return typeof series === "string" ? series : [series.series.first, series.frames];
  };
  assert.deepEqual(found("/a", "9.jpg", "10.jpg", "11.jpg", "x.txt", ".8.jpg"), [9, 3]);
  assert.deepEqual(found("/a", "f099999.jpg", "f100000.jpg"), [99_999, 2]);
  assert.match(`${found("/a", "1.jpg", "01.jpg")}`, /in one way, got 01\.jpg in place of 2\.jpg/);
  assert.match(`${found("/a", "08.jpg", "9.jpg")}`, /in one way/);
  assert.deepEqual(found("/a/i%02d_rgb.png", "i07_rgb.png", "i08_rgb.png", "i09.png"), [7, 2]);
});

Deno.test("headers of images are read, and ends that are missing noticed", async () =>
  await withFolder(async (folder) => {
    await renderFrames(folder, 1, "%d.png");
    await ffmpeg("-i", `${folder}/clip/0.png`, `${folder}/0.jpg`);
    for (const name of ["clip/0.png", "0.jpg"]) {
      const bytes = await Deno.readFile(`${folder}/${name}`);
      const codec = name.endsWith("png") ? "png" : "mjpeg";
      const facts = { codec, width: 96, height: 64, whole: true };
      assert.deepEqual(imageFacts(bytes), facts);
      assert.deepEqual(imageFacts(bytes.subarray(0, -9)), { ...facts, whole: false });
      assert.equal(imageFacts(bytes.subarray(0, 20)), null);
    }
    assert.equal(imageFacts(new TextEncoder().encode("GIF89a, or anything else")), null);
  }));

Deno.test("an image that breaks later costs the clips that need it, by name, and verification finds it", () =>
  withFolder(async (folder) => {
    for (const [ending, fault] of [["png", /is broken/], ["jpg", /is broken/]] as const) {
      const here = `${folder}/${ending}`;
      await renderFrames(here, 20, `%d.${ending}`);
      const record = await recordOf(`${here}/clip`);
      const [sound] = await verifyFiles([record]);
      assert.deepEqual([sound.check.decoded, sound.check.complaints], [20, 0]);
      assert.ok(sound.check.compared > 1, "clips are compared with a full decode");
      assert.equal(sound.check.seekFault, null);
      const broken = `${here}/clip/9.${ending}`;
      const bytes = await Deno.readFile(broken);
      const middle = bytes.length >> 1;
      bytes.fill(0xff, middle, middle + 200);
      await Deno.writeFile(broken, bytes);
      const requests = [[0, 4, 8], [7, 9, 11], [10, 11], [0, 9]].map((f) => centred(record, f));
      const clips = await decodeClips(requests, { processes: 1 });
      assert.deepEqual(clips.map((clip) => "pixels" in clip), [true, false, true, false]);
      for (const clip of [clips[1], clips[3]]) {
        assert.ok("error" in clip && fault.test(clip.error), JSON.stringify(clip));
        assert.match(clip.error, new RegExp(`frame 9, 9\\.${ending}, `));
      }
      const [{ check }] = await verifyFiles([record]);
      assert.match(check.complaint ?? "", new RegExp(`frame 9, 9\\.${ending}, is broken`));
      await Deno.writeFile(broken, bytes.subarray(0, middle));
      const [cut] = await decodeClips([centred(record, [8, 9])]);
      assert.deepEqual(cut, { error: `frame 9, 9.${ending}, is cut off` });
      await Deno.remove(broken);
      const [gone] = await decodeClips([centred(record, [8, 9])]);
      assert.deepEqual(gone, { error: `frame 9, 9.${ending}, is missing` });
    }
  }));

Deno.test("the index knows a folder again, and notices images that changed, went or came", () =>
  withFolder(async (folder) => {
    await renderFrames(folder, 40, "%d.jpg");
    const path = `${folder}/clip`;
    const cacheFile = `${folder}/index.jsonl`;
    let probed = 0;
    const onProgress = (progress: { probed: number }) => probed = progress.probed;
    const look = async (thorough = false) => {
      const entry = await entryOf(path, { cacheFile, onProgress, thorough });
      return "record" in entry ? { ...entry.record, probed } : { ...entry, probed };
    };
    const first = await look();
    assert.ok("size" in first && first.probed === 1);
    for (const again of [false, true]) assert.deepEqual(await look(again), { ...first, probed: 0 });
    const other = await Deno.readFile(`${path}/1.jpg`);
    await Deno.writeFile(`${path}/0.jpg`, other); // one of those that are looked at
    assert.equal((await look()).probed, 1);
    await Deno.writeFile(`${path}/4.jpg`, other); // one that is not
    const careless = await look();
    assert.equal(careless.probed, 0);
    const careful = await look(true);
    assert.equal(careful.probed, 1);
    await Deno.remove(`${path}/39.jpg`);
    const shorter = await look();
    assert.ok("frames" in shorter && shorter.frames === 39 && shorter.probed === 1);
    await Deno.remove(`${path}/17.jpg`);
    assert.match(JSON.stringify(await look()), /got 18\.jpg in place of 17\.jpg/);
  }));

Deno.test("content of folders is hashed image by image, so that copies under other names are found", () =>
  withFolder(async (folder) => {
    await renderFrames(folder, 5, "%d.jpg");
    await Deno.mkdir(`${folder}/copy`);
    for (let i = 0; i < 5; i++) {
      await Deno.copyFile(`${folder}/clip/${i}.jpg`, `${folder}/copy/a${i + 1}.jpg`);
    }
    const [one, other] = await Promise.all(["clip", "copy"].map((x) => recordOf(`${folder}/${x}`)));
    assert.deepEqual(await sharedContent([one], [other]), [
      { first: one.path, second: other.path },
    ]);
    const { files } = await makeManifest([one, other]);
    assert.equal(files[0].sha256, files[1].sha256);
    assert.equal(files[0].frames, 5);
  }));

Deno.test("lists name folders: without saying so, by a pattern, and as TSN's with frames", () =>
  withFolder(async (folder) => {
    await renderFrames(folder, 10, "img_%05d.jpg");
    await Deno.writeTextFile(`${folder}/plain.txt`, "clip 1\nvideo.mkv 0\n");
    const plain = await readAnnotations(`${folder}/plain.txt`);
    assert.deepEqual(plain.map(({ path }) => path), [`${folder}/clip`, `${folder}/video.mkv`]);
    await Deno.writeTextFile(`${folder}/tsn.txt`, "clip 10 1\nclip -1 0\n");
    const tsn = await readAnnotations(`${folder}/tsn.txt`, {
      columns: "path frames label",
      images: "img_%05d.jpg",
    });
    assert.deepEqual(tsn.map(({ path, label, frames }) => [path, label, frames]), [
      [`${folder}/clip/img_%05d.jpg`, 1, { start: 0, count: 10 }],
      [`${folder}/clip/img_%05d.jpg`, 0, undefined],
    ]);
    const read = (text: string, columns: string) => {
      Deno.writeTextFileSync(`${folder}/list.txt`, text);
      return readAnnotations(`${folder}/list.txt`, { columns });
    };
    const [{ frames, label }] = await read("clip 2 5\n", "path start frames");
    assert.deepEqual([frames, label], [{ start: 2, count: 5 }, 0]);
    await assert.rejects(read("clip 0\n", "path start frames"), /must be "path start frames"/);
    await assert.rejects(read("clip 0 0\n", "path start frames"), /must be "path start frames"/);
    await assert.rejects(read("clip 0\n", "label path"), /columns must be "path", then/);
    await assert.rejects(read("clip 0\n", "path path"), /columns must be "path", then/);
    await assert.rejects(read("nowhere 0\n", "path label"), /nowhere\.mp4 \(missing\)/);
    await assert.rejects(
      readAnnotations(`${folder}/plain.txt`, { images: "img.jpg" }),
      /images must be a pattern of JPEG or PNG names, such as img_%05d\.jpg, got "img\.jpg"/,
    );
  }));

Deno.test("a run's videos have the frames of their list, and the rate that the data set states", () =>
  withFolder(async (folder) => {
    await renderFrames(folder, 10, "img_%05d.jpg");
    await Deno.writeTextFile(`${folder}/list.txt`, "clip 2 5 1\nclip 8 5 0\nclip 8 -1 0\n");
    const registry = createRegistry(pluginsOf(data));
    const task = (options: Partial<data.AnnotationsOptions>, fps: number | null = null) => ({
      data: {
        dataset: annotations({
          train: `${folder}/list.txt`,
          columns: "path start frames label",
          ...options,
        }),
        workers: 1,
        maxReplaced: 1,
        fps,
      },
    });
    const videos = await prepareVideos(task({ imageFps: 25 }), registry);
    assert.deepEqual(videos.train.map(({ window }) => window), [
      { start: 2, end: 7 },
      { start: 8, end: 10 },
    ]);
    assert.deepEqual(videos.train.map(({ record: { fps, duration } }) => [fps, duration]), [
      [25, 0.4],
      [25, 0.4],
    ]);
    assert.match(videos.unreadable[0].error, /names 5 frames from frame 8 on, it has 10/);
    await data.writeData(folder, videos.data);
    assert.deepEqual(await data.readData(folder), videos.data);
    await assert.rejects(
      prepareVideos({ data: { ...task({}, 5).data, maxReplaced: 0 } }, registry),
      /state that of the images \(imageFps of the lists\)/,
    );
  }));
