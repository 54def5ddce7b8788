import { localRanks } from "@videoms/core";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { RawClips } from "@videoms/data";
import { accuracyTally } from "@videoms/models";
import { centreView } from "@videoms/studio/views";
import { prepareVideos } from "../../../data/videos/prepare_videos.ts";
import { folder, registry, smallFinetune } from "../small_task.ts";
import { predictionText } from "../../../tasks/commands/predict_command.ts";
import { predict } from "../../../tasks/evaluation/predict/predict.ts";
import { rateVideos } from "../../../tasks/runs/classifier/rate_videos.ts";
import { openClassifier } from "../../../tasks/runs/classifier/trained_classifier.ts";
import { finetune } from "../../../tasks/runs/finetune/finetune.ts";

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

const task = smallFinetune("predict-finetune", { steps: 3, epochs: 1 });
await finetune(task, registry);

function open() {
  return openClassifier(task.out!, registry, { weights: "last", backend: "wasm" });
}

Deno.test({
  name: "a prediction is what a validation sees of the video, and leaves no tensor behind",
  ...LASTING,
  fn: async () => {
    await using classifier = await open();
    const videos = await prepareVideos(task, registry);
    const before = tf.memory().numTensors;
    for (const video of videos.heldOut) {
      const options = { segments: 1, crops: 1, batch: 4 };
      const { classes, views, picture } = await predict(classifier, video.record.path, options);
      assert.equal(views, 1);
      assert.equal(classes.length, 10);
      const total = classes.reduce((sum, { probability }) => sum + probability, 0);
      assert.ok(Math.abs(total - 1) < 1e-6);
      assert.ok(
        classes.every((one, i) => i === 0 || one.probability <= classes[i - 1].probability),
      );
      // Three rows of four tubelets, at least 96 pixels each.
      assert.ok(picture.width > 4 * 96 && picture.height > 3 * 96);
      const score = async (clips: RawClips) => (await classifier.score(clips)).logits;
      const [validation] = await rateVideos(1, score, {
        ranks: localRanks(1)[0],
        viewsPerVideo: 1,
        classes: 10,
        tally: () => accuracyTally(10),
        views: centreView(task, classifier.selector),
        batch: 1,
        size: task.model.imageSize,
        videos: [video],
        unreadable: [],
        onUnreadable: (_, error) => assert.fail(error),
      });
      const own = classes.find(({ name }) => name === classifier.classes[video.label])!;
      assert.ok(Math.abs(validation.loss + Math.log(own.probability)) < 1e-4);
    }
    assert.equal(tf.memory().numTensors, before);
  },
});

Deno.test({
  name: "views are averaged",
  ...LASTING,
  fn: async () => {
    await using classifier = await open();
    const [video] = (await prepareVideos(task, registry)).heldOut;
    const { path } = video.record;
    const probability = async (segments: number, batch: number) => {
      const { classes, views } = await predict(classifier, path, { segments, crops: 1, batch });
      assert.equal(views, segments);
      return classes.find(({ name }) => name === classifier.classes[0])!.probability;
    };
    const wanted = await probability(3, 3);
    assert.ok(Math.abs(await probability(3, 2) - wanted) < 1e-6);
  },
});

Deno.test({
  name: "what is no video is refused",
  ...LASTING,
  fn: async () => {
    await using classifier = await open();
    const bad = `${folder}/no-video.mp4`;
    await Deno.writeTextFile(bad, "no video");
    const options = { segments: 1, crops: 1, batch: 1 };
    await assert.rejects(predict(classifier, bad, options), /must be a video, got/);
    await assert.rejects(predict(classifier, `${folder}/absent.mp4`, options), /absent.mp4/);
  },
});

Deno.test("predictions are lines with bars", () => {
  const text = predictionText([
    { name: "left", probability: 0.75 },
    { name: "upwards", probability: 0.25 },
  ]);
  assert.equal(
    text,
    "left     75.00 %  ━━━━━━━━━━━━━━━━━━──────\nupwards  25.00 %  ━━━━━━──────────────────",
  );
});
