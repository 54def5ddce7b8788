import { prepareFiles, SHAPE_TARGETS, shapes } from "@videoms/data";
import type { FinetuneOptions, FinetuneTask } from "@videoms/tasks";
import { readLog } from "@videoms/tasks";
import assert from "node:assert/strict";
import { shapeAttributes, shapeSpeed } from "../../../data/shapes/render_shapes.ts";
import { evaluate } from "../../../tasks/evaluation/evaluate/evaluate.ts";
import { evaluationMetrics } from "../../../tasks/evaluation/evaluate/evaluation_metrics.ts";
import { controlsText } from "../../../tasks/evaluation/evaluate/control.ts";
import { summaryText } from "../../../tasks/evaluation/evaluate/summary_text.ts";
import { predict } from "../../../tasks/evaluation/predict/predict.ts";
import { openClassifier } from "../../../tasks/runs/classifier/trained_classifier.ts";
import { finetune } from "../../../tasks/runs/finetune/finetune.ts";
import { pretrain } from "../../../tasks/runs/pretrain/pretrain.ts";
import { annotations, indexVideos } from "@videoms/data";
import { folder, registry, smallFinetune, smallTask, stepLines, valuesOf } from "../small_task.ts";

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

function task(
  out: string,
  targets: typeof SHAPE_TARGETS[number],
  options: FinetuneOptions = {},
): FinetuneTask {
  const { data: { dataset } } = smallTask("unused");
  const own = { ...dataset.options, targets };
  return smallFinetune(out, { ...options, data: { dataset: shapes(own), ...options.data } });
}

Deno.test({
  name: "numbers: trained, validated, evaluated and predicted in their own unit",
  ...LASTING,
  fn: async () => {
    const speeds = task("speed", "speed", { objective: { numberError: "smooth-l1" } });
    const { validation } = await finetune(speeds, registry);
    assert.ok(validation && "figures" in validation.weights && "r2" in validation.weights.figures);
    assert.equal(validation.weights.videos, 4);
    const steps = await stepLines(speeds.out!);
    assert.ok(steps.every(({ loss, accuracy }) => Number(loss) > 0 && accuracy === undefined));
    const lines = await readLog(`${speeds.out}/log.jsonl`);
    const logged = valuesOf(lines.findLast(({ event }) => event === "validation")!);
    assert.equal(logged.r2, validation.weights.figures.r2);
    const record = JSON.parse(await Deno.readTextFile(`${speeds.out}/task.json`));
    assert.deepEqual(record.classes, ["speed"]);
    assert.equal(record.targets.kind, "numbers");

    const evaluation = await evaluate(speeds.out!, registry, { segments: 1, crops: 1 });
    const { summary, scores, folder: place } = evaluation;
    assert.ok(summary && "figures" in summary && "r2" in summary.figures);
    const json = JSON.parse(await Deno.readTextFile(`${place}/evaluation.json`));
    assert.deepEqual(json.figures, summary.figures);
    const [{ name, value }] = evaluationMetrics(json);
    assert.deepEqual([name, value], ["r2", summary.figures.r2]);
    assert.match(summaryText(scores, summary), /R² +-?\d.*mean absolute error +\d/s);
    const wanted = scores.videos.map(({ targets }) => targets![0]);
    const of = { size: 32, frames: 16, seed: 0, split: "held_out", paused: 0 };
    assert.deepEqual(wanted, [0, 1, 2, 3].map((index) => shapeSpeed({ ...of, index })));
    const { mean, std } = scores.targets!;
    const found = scores.videos.map((_, row) => scores.entries.logits[row] * std[0] + mean[0]);
    const off = found.reduce((sum, y, row) => sum + Math.abs(y - wanted[row]), 0) / 4;
    assert.ok(Math.abs(off - summary.figures.meanAbsoluteError) < 1e-6);
    const controlled = await evaluate(speeds.out!, registry, {
      ...{ segments: 1, crops: 1, control: "reversed" },
    });
    assert.match(
      controlsText([evaluation, controlled].map((one) => ({ ...one, summary: one.summary! }))),
      /control +R² +difference/,
    );
    await using classifier = await openClassifier(speeds.out!, registry);
    const { path } = scores.videos[2];
    const views = { segments: 1, crops: 1, batch: 1 };
    const { numbers, classes } = await predict(classifier, path, views);
    assert.deepEqual([numbers.length, numbers[0].name, classes], [1, "speed", []]);
    assert.ok(Math.abs(numbers[0].value - found[2]) < 1e-4);
  },
});

Deno.test({
  name: "labels of a CSV list train as those of a data set, bit for bit, and are rated by mAP",
  ...LASTING,
  fn: async () => {
    const own = task("labels", "attributes");
    const { validation } = await finetune(own, registry);
    assert.ok(validation && "figures" in validation.weights);
    assert.ok("meanAveragePrecision" in validation.weights.figures);
    const prepared = await shapes.create({ ...shapes.defaults, ...own.data.dataset.options })
      .prepare();
    const names = ["travels", "turns", "zooms", "bright", "large"];
    assert.deepEqual(prepared.classes, names);
    const csv = (samples: typeof prepared.train) =>
      [
        ["note", "path", ...names].join(","),
        ...samples.map(({ path, targets }) => [`"a, b"`, path, ...targets!].join(",")),
      ].join("\r\n");
    await Deno.writeTextFile(`${folder}/train.csv`, csv(prepared.train));
    await Deno.writeTextFile(`${folder}/held-out.csv`, csv(prepared.heldOut!));
    const lists = { train: `${folder}/train.csv`, heldOut: `${folder}/held-out.csv` };
    const dataset = annotations({ ...lists, labels: names });
    const listed = smallFinetune("listed", { data: { dataset } });
    const other = await finetune(listed, registry);
    assert.deepEqual(other.validation!.weights, validation.weights);
    const of = { size: 32, frames: 16, seed: 0, split: "train", index: 0 };
    assert.deepEqual(prepared.train[0].targets, shapeAttributes(of));
    const { summary } = await evaluate(own.out!, registry, { segments: 1, crops: 1 });
    assert.ok(summary && "figures" in summary && summary.perName.length === 5);
    await using classifier = await openClassifier(own.out!, registry);
    const views = { segments: 1, crops: 1, batch: 1 };
    const { classes } = await predict(classifier, prepared.train[0].path, views);
    assert.ok(classes.every(({ probability }) => probability > 0 && probability < 1));

    await Deno.writeTextFile(`${folder}/bad.csv`, `path,large\n${prepared.train[0].path},2\n`);
    const bad = annotations({ train: `${folder}/bad.csv`, labels: ["large"] });
    await assert.rejects(
      finetune(smallFinetune("bad", { data: { dataset: bad } }), registry),
      /labels must be 0 or 1, got line 2, large: "2"/,
    );
    await assert.rejects(
      finetune(task("mixup", "attributes", { mix: { mixup: 0.8 } }), registry),
      /clips must not be mixed \(mix\) where labels are predicted/,
    );
  },
});

Deno.test({
  name: "runs on images of videos are runs on the videos, where the images lose nothing",
  ...LASTING,
  fn: async () => {
    const source = smallTask("from-video", { epochs: 1 });
    const set = shapes.create({ ...shapes.defaults, ...source.data.dataset.options });
    const { train, heldOut } = await set.prepare();
    const lists = { train, heldOut: heldOut! };
    for (const [name, samples] of Object.entries(lists)) {
      const entries = await indexVideos(samples.map(({ path }) => path));
      const out = `${folder}/as-images-${name}`;
      const outcomes = await prepareFiles(entries, { folder: out, to: "png", shortSide: 32 });
      const lines = outcomes.map((one, i) => {
        assert.ok("output" in one, JSON.stringify(one));
        return `${one.output}/ 16 ${samples[i].label}\n`;
      });
      await Deno.writeTextFile(`${folder}/images-${name}.txt`, lines.join(""));
    }
    const dataset = annotations({
      ...{ train: `${folder}/images-train.txt`, heldOut: `${folder}/images-heldOut.txt` },
      ...{ columns: "path frames label", classCount: 10, imageFps: 16 },
    });
    await pretrain(source, registry);
    const images = smallTask("from-images", { epochs: 1, data: { dataset } });
    await pretrain(images, registry);
    const [one, other] = await Promise.all([source, images].map(({ out }) => stepLines(out!)));
    const differences = one.map(({ loss }, i) => Math.abs(Number(loss) - Number(other[i].loss)));
    assert.ok(Math.max(...differences) < 0.02, `${differences}`);
    const tuned = smallFinetune("tuned-on-images", { epochs: 1, data: { dataset } });
    await finetune(tuned, registry);
    const { summary } = await evaluate(tuned.out!, registry, { segments: 1, crops: 1 });
    assert.equal(summary!.videos, 4);
    await using classifier = await openClassifier(tuned.out!, registry);
    const views = { segments: 1, crops: 1, batch: 1 };
    const { classes } = await predict(classifier, `${folder}/as-images-train/00003`, views);
    assert.equal(classes.length, 10);
  },
});
