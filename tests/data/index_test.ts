import { ffmpegVersion, findFfmpeg, type IndexProgress, indexVideos } from "@videoms/data";
import assert from "node:assert/strict";
import { ffmpeg, MPEG4, recordOf, renderVideo, withFolder } from "./test_videos.ts";

Deno.test("the index knows size, frames and rate of a video", () =>
  withFolder(async (folder) => {
    const path = `${folder}/a.mp4`;
    await renderVideo(path, 30, ...MPEG4);
    const record = await recordOf(path);
    assert.equal(record.codec, "mpeg4");
    assert.deepEqual([record.width, record.height, record.fps], [96, 64, 25]);
    assert.deepEqual([record.frames, record.declaredFrames], [30, 30]);
    assert.ok(Math.abs(record.duration - 1.2) < 0.01);
  }));

Deno.test("width and height are those of the upright frame", () =>
  withFolder(async (folder) => {
    await renderVideo(`${folder}/a.mp4`, 4, ...MPEG4);
    const turned = `${folder}/turned.mp4`;
    // ffmpeg up to 5 writes the display matrix from a tag, later ones from an input option.
    const major = Number.parseInt((await ffmpegVersion(await findFfmpeg())).replace(/^n/, ""));
    const input = ["-i", `file:${folder}/a.mp4`];
    await ffmpeg(
      ...(major >= 6 ? ["-display_rotation", "90", ...input] : input),
      ...["-c", "copy", "-metadata:s:v:0", "rotate=90", `file:${turned}`],
    );
    const { width, height } = await recordOf(turned);
    assert.deepEqual([width, height], [64, 96]);
  }));

Deno.test("files that are no videos are reported, one by one", () =>
  withFolder(async (folder) => {
    await renderVideo(`${folder}/good.mp4`, 5, ...MPEG4);
    await Deno.writeTextFile(`${folder}/text.mp4`, "this is no video");
    await Deno.writeTextFile(`${folder}/empty.mp4`, "");
    await ffmpeg(
      ...["-f", "lavfi", "-i", "sine=duration=0.1", "-c:a", "aac", `file:${folder}/sound.mp4`],
    );
    await ffmpeg(
      ...["-f", "lavfi", "-i", "testsrc2=size=16x16", "-frames:v", "1", "-f", "mjpeg"],
      `file:${folder}/picture.mp4`,
    );
    await Deno.writeTextFile(`${folder}/list.mp4`, "ffconcat version 1.0\nfile good.mp4\n");
    const bad = ["text", "empty", "sound", "picture", "list", "gone"];
    const paths = [...bad.map((name) => `${folder}/${name}.mp4`), folder];
    const entries = await indexVideos([...paths, `${folder}/good.mp4`]);
    for (const entry of entries.slice(0, -1)) assert.ok("error" in entry, entry.path);
    assert.ok("record" in entries.at(-1)!);
  }));

Deno.test("a second call probes nothing, a changed file is probed again", () =>
  withFolder(async (folder) => {
    const paths = [`${folder}/a.mp4`, `${folder}/b.avi`, `${folder}/bad.mp4`];
    await renderVideo(paths[0], 5, ...MPEG4);
    await renderVideo(paths[1], 6, ...MPEG4);
    await Deno.writeTextFile(paths[2], "no video");
    let progress: IndexProgress | undefined;
    const options = {
      cacheFile: `${folder}/cache/index.jsonl`,
      onProgress: (now: IndexProgress) => void (progress = now),
    };
    const first = await indexVideos([...paths, paths[0]], options);
    assert.deepEqual(progress, { done: 3, total: 3, probed: 3 });
    assert.deepEqual(first[3], first[0]);

    assert.deepEqual(await indexVideos([...paths, paths[0]], options), first);
    assert.equal(progress?.probed, 0);

    await renderVideo(paths[1], 9, ...MPEG4);
    const [, changed] = await indexVideos(paths, options);
    assert.ok("record" in changed && changed.record.frames === 9);
    assert.equal(progress?.probed, 1);

    // A cut cache costs probes, never correctness.
    const text = await Deno.readTextFile(options.cacheFile);
    await Deno.writeTextFile(options.cacheFile, text.slice(0, -20));
    assert.deepEqual((await indexVideos(paths, options))[0], first[0]);
    assert.equal(progress?.probed, 1);
    assert.deepEqual([...Deno.readDirSync(`${folder}/cache`)].map(({ name }) => name), [
      "index.jsonl",
    ]);
  }));

Deno.test("an aborted index keeps what it has found", () =>
  withFolder(async (folder) => {
    const paths = Array.from({ length: 4 }, (_, i) => `${folder}/${i}.mp4`);
    await Promise.all(paths.map((path) => renderVideo(path, 3, ...MPEG4)));
    const cacheFile = `${folder}/index.jsonl`;
    const stop = new AbortController();
    const options = { cacheFile, concurrency: 1 };
    await assert.rejects(
      indexVideos(paths, { ...options, signal: stop.signal, onProgress: () => stop.abort() }),
      { name: "AbortError" },
    );
    let probed = 0;
    await indexVideos(paths, { ...options, onProgress: (now) => probed = now.probed });
    assert.equal(probed, 3);
  }));
