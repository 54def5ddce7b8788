import assert from "node:assert/strict";
import { indexVideos, type LabelledVideo, videosAt } from "@videoms/data";
import { blockMotion, frameDifference, motionCentric, tube } from "@videoms/masking";
import { definePretrain } from "@videoms/tasks";
import { decode } from "fast-png";
import { join } from "node:path";
import { testOnBackends } from "../../backends.ts";
import { ffmpeg } from "../../data/test_videos.ts";
import { folder, registry, smallTask } from "../small_task.ts";
import { checkpointSource, patchSource } from "../../../tasks/evaluation/look/look_source.ts";
import { lookText } from "../../../tasks/evaluation/look/look_statistics.ts";
import { writeLook } from "../../../tasks/evaluation/look/write_look.ts";
import { pretrain } from "../../../tasks/runs/pretrain/pretrain.ts";

/** Still but for its right half, in which noise changes from frame to frame. */
async function halfMoving(): Promise<LabelledVideo> {
  const path = join(folder, "half.mp4");
  await ffmpeg(
    ...["-f", "lavfi", "-i", "color=c=gray:size=64x64:rate=25"],
    ...["-f", "lavfi", "-i", "nullsrc=size=32x64:rate=25,geq=random(1)*255:128:128"],
    ...["-filter_complex", "[0][1]overlay=x=32", "-frames:v", "40"],
    ...["-c:v", "mpeg4", "-q:v", "2", "-pix_fmt", "yuv420p", `file:${path}`],
  );
  const [entry] = await indexVideos([path]);
  assert.ok("record" in entry);
  return { record: entry.record, label: 0 };
}

/** Frames of a film, as ffprobe counts them. */
async function framesOf(path: string): Promise<number> {
  const { stdout } = await new Deno.Command("ffprobe", {
    args: [
      ...["-v", "error", "-count_frames", "-select_streams", "v:0"],
      ...["-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", path],
    ],
  }).output();
  return Number(new TextDecoder().decode(stdout));
}

const task = definePretrain({
  model: { imageSize: 64, patchSize: 8, frames: 8, tubeletSize: 2 },
  data: { samplingRate: 2 },
});

const half = { motionRatio: 0.5, maskRatio: 0.75 };

testOnBackends("tokens chosen by motion lie on what moves", async () => {
  const video = await halfMoving();
  await using source = await patchSource(task);
  const strategies = [motionCentric(half), frameDifference(half), blockMotion(half), tube()];
  const path = join(folder, "half.png");
  const looked = await writeLook(path, "png", video, { source, registry, strategies, epochs: 3 });
  for (const { masking, kept, counts, stability } of looked.strategies) {
    if (masking.name === "tube") {
      assert.equal(kept.outside, null);
      assert.equal(counts.dropped, 0);
      continue;
    }
    assert.ok(kept.ratio === null || kept.ratio >= 2, `${masking.name}: ${JSON.stringify(kept)}`);
    assert.equal(stability.kept, 1); // draws decide about roles alone
    assert.ok(stability.visible! < 1);
  }
  const { width, height } = decode(await Deno.readFile(path));
  assert.ok(width > 200 && height > 200);
  const beside = JSON.parse(await Deno.readTextFile(path.replace(".png", ".json")));
  assert.deepEqual(beside.strategies.length, 4);
  assert.match(lookText(looked), /motion-centric: 64 visible, 64 targets, 128 dropped/);
}, ["wasm"]);

testOnBackends("films show every frame, for people and for pages", async () => {
  const video = await halfMoving();
  await using source = await patchSource(task);
  for (const format of ["mp4", "gif"] as const) {
    const path = join(folder, `half-film.${format}`);
    await writeLook(path, format, video, {
      source,
      registry,
      strategies: [motionCentric(half)],
      epochs: 1,
    });
    assert.equal(await framesOf(path), 8);
  }
}, ["wasm"]);

Deno.test({
  name: "a checkpoint shows what it reconstructs, and the tokens that fine-tuning keeps",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const run = smallTask("looked", { steps: 1, optimizer: { warmupSteps: 1 } });
    await pretrain(run, registry);
    const video = await halfMoving();
    const path = join(folder, "looked.png");
    const heightOf = async (source: Parameters<typeof writeLook>[3]["source"]) => {
      await writeLook(path, "png", video, {
        source,
        registry,
        strategies: [motionCentric(half)],
        epochs: 1,
      });
      return decode(await Deno.readFile(path)).height;
    };
    await using plain = await patchSource(run);
    await using trained = await checkpointSource(run.out!, registry);
    assert.ok(await heightOf(trained) > await heightOf(plain) + 100); // rows for both
    assert.match(trained.caption, /importance of embeddings, .*looked, step 1/);
  },
});

Deno.test("files that are no videos are refused before anything is drawn", async () => {
  const text = join(folder, "thesis.mp4");
  await Deno.writeTextFile(text, "no video");
  await assert.rejects(() => videosAt(text, 1), /must be a video, got: /);
  const list = join(folder, "list.txt");
  await halfMoving();
  await Deno.writeTextFile(list, "half.mp4 0\nhalf.mp4 1\n");
  const { videos, isList } = await videosAt(list, 1);
  assert.deepEqual([videos.length, isList], [1, true]);
});
