/** The same moving picture at 10 and at 30 frames a second, and at uneven times, sampled at a target rate. */

import { randomStream } from "@videoms/core";
import { frameRaster, type LabelledVideo, type VideoRecord } from "@videoms/data";
import * as masking from "@videoms/masking";
import { definePretrain, evaluate, predict } from "@videoms/tasks";
import { clipFrames, evaluationViews } from "@videoms/studio/views";
import assert from "node:assert/strict";
import { ffmpeg, recordOf } from "../../data/test_videos.ts";
import { timesOf } from "../../../data/index/seek_table.ts";
import { lookAtClip } from "../../../tasks/evaluation/look/look_at_clip.ts";
import { patchSource } from "../../../tasks/evaluation/look/look_source.ts";
import { openClassifier } from "../../../tasks/runs/classifier/trained_classifier.ts";
import { finetune } from "../../../tasks/runs/finetune/finetune.ts";
import { loadHere } from "../../../tasks/runs/loader/loader_job.ts";
import { folder, registry, smallFinetune } from "../small_task.ts";

const LASTING = { sanitizeOps: false, sanitizeResources: false };

/** 91 frames in 3 s without loss; every third one alone; and those with others between them. */
const KEPT = {
  thirty: "1",
  ten: "not(mod(n\\,3))",
  uneven: "not(mod(n\\,3))+eq(mod(n\\,11)\\,4)+gt(n\\,70)",
};

async function render(select: string, name: string): Promise<LabelledVideo> {
  const path = `${folder}/${name}.mkv`;
  await ffmpeg(
    ...["-f", "lavfi", "-i", "testsrc2=size=48x32:rate=30", "-frames:v", "91"],
    ...["-vf", `trim=end_frame=91,select='${select}'`, "-fps_mode", "vfr", "-c:v", "ffv1"],
    ...["-g", "12", path],
  );
  return { record: await recordOf(path), label: 0 };
}

const videos = await Promise.all(
  Object.entries(KEPT).map(([name, select]) => render(select, name)),
);

/** Display times of frames, in seconds. */
function secondsOf({ seek }: VideoRecord, frames: ArrayLike<number>): number[] {
  const [n, d] = seek!.timeBase;
  return timesOf(seek!, Array.from(frames)).map((time) => time * n / d);
}

const clip = {
  model: { frames: 6, tubeletSize: 2, imageSize: 32 },
  data: { samplingRate: 2, fps: 10 },
};

Deno.test("frame selectors and test views find frames of the same times at any rate", () => {
  assert.deepEqual(videos.map(({ record }) => record.frames), [91, 31, 49]);
  assert.ok(!("step" in videos[2].record.seek!.times), "the third has uneven times");
  const { dense, informationIntensive, segments, spread, uniform } = masking;
  for (const descriptor of [dense(), informationIntensive(), segments(), spread(), uniform()]) {
    const selector = registry.create<masking.FrameSelector>(descriptor);
    const several = evaluationViews(clip, selector, { segments: 3, crops: 1 });
    const single = evaluationViews(clip, selector, { segments: 1, crops: 1 });
    const chosen = videos.map((video) =>
      [
        clipFrames(clip, selector, video, "train", randomStream(5)),
        clipFrames(clip, selector, video, "test", randomStream(5)),
        ...[...several(video), ...single(video)].map(({ frames }) => frames),
      ].map((frames) => secondsOf(video.record, frames))
    );
    assert.deepEqual(chosen[1], chosen[0], descriptor.name);
    assert.deepEqual(chosen[2], chosen[0], descriptor.name);
  }
});

Deno.test("a target rate takes the nearest frame, repeats it where there are fewer, and keeps to windows", () => {
  const framesAt = (video: LabelledVideo, fps: number) => {
    const { length, frame } = frameRaster(video, fps);
    return Array.from({ length }, (_, i) => frame(i));
  };
  const [thirty, ten, uneven] = videos;
  assert.deepEqual(framesAt(thirty, 30), Array.from({ length: 91 }, (_, i) => i));
  assert.deepEqual(framesAt(ten, 30).slice(0, 7), [0, 0, 1, 1, 1, 2, 2]);
  assert.deepEqual(framesAt({ ...thirty, window: { start: 45, end: 60 } }, 10), [
    45,
    48,
    51,
    54,
    57,
  ]);
  assert.deepEqual(framesAt({ ...thirty, window: { start: 45, end: 46 } }, 1), [45]);
  // Frames 0, 3, 4, 6, 9, 12, 15, 18, 21, 24, 26, 27 of the 30 a second.
  assert.deepEqual(framesAt(uneven, 15).slice(0, 6), [0, 1, 2, 3, 4, 4]);
  const rateless = { ...ten, record: { ...ten.record, fps: 0, seek: null } };
  assert.throws(() => frameRaster(rateless, 10), /its frame rate must be known, got none/);
  assert.equal(frameRaster(rateless, null).length, 31);
});

Deno.test({
  name: "batches, pictures, evaluations and predictions show the same pixels at any rate",
  ...LASTING,
  fn: async () => {
    const shown = await Promise.all(videos.map(async (video) => {
      const recipe = { clip, frames: masking.dense(), crop: "centre" } as const;
      const job = { recipe, videos: [video], batch: 1, size: 32, seed: 3, endEpoch: 3 };
      return (await Array.fromAsync(loadHere(job, registry))).map(({ pixels }) => pixels.slice());
    }));
    assert.deepEqual(shown[1], shown[0]);
    assert.deepEqual(shown[2], shown[0]);
    assert.notDeepEqual(shown[0][0], shown[0][1]);

    const { model, data } = clip;
    const task = definePretrain({ model: { ...model, patchSize: 8 }, data, backend: "wasm" });
    await using source = await patchSource(task);
    const look = (video: LabelledVideo) =>
      lookAtClip(video, { source, registry, strategies: [], epochs: 1 });
    const [first, ...others] = [
      await look(videos[0]),
      await look(videos[1]),
      await look(videos[2]),
    ];
    for (const { pixels } of others) assert.deepEqual(pixels, first.pixels);

    const tuned = smallFinetune("target-rate", { data: { fps: 10 }, steps: 1, epochs: 1 });
    await finetune(tuned, registry);
    const list = `${folder}/rates.txt`;
    await Deno.writeTextFile(list, videos.map(({ record }) => `${record.path} 0\n`).join(""));
    const views = { segments: 2, crops: 1 };
    const { scores } = await evaluate(tuned.out!, registry, { annotations: list, ...views });
    const { logits } = scores.entries;
    const same = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from(a).every((value, i) => Math.abs(value - b[i]) < 1e-6); // batches differ
    assert.ok(same(logits.slice(20, 40), logits) && same(logits.slice(40), logits));
    await using classifier = await openClassifier(tuned.out!, registry, { weights: "last" });
    const probabilities = await Promise.all(videos.map(async ({ record }) => {
      const { classes } = await predict(classifier, record.path, { ...views, batch: 2 });
      return classifier.classes.map((name) =>
        classes.find((one) => one.name === name)!.probability
      );
    }));
    assert.ok(same(probabilities[1], probabilities[0]) && same(probabilities[2], probabilities[0]));
  },
});
