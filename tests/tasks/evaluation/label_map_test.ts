import { annotations, SHAPE_CLASSES, standardAugmentation } from "@videoms/data";
import { softmax } from "@videoms/models";
import assert from "node:assert/strict";
import { evaluate } from "../../../tasks/evaluation/evaluate/evaluate.ts";
import { predict } from "../../../tasks/evaluation/predict/predict.ts";
import {
  mappedClassifier,
  openClassifier,
} from "../../../tasks/runs/classifier/trained_classifier.ts";
import { describeTask } from "../../../tasks/runs/describe_task.ts";
import { finetune } from "../../../tasks/runs/finetune/finetune.ts";
import { checkpointTensors, folder, registry, smallFinetune } from "../small_task.ts";

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

const task = smallFinetune("ten-classes", { steps: 2, epochs: 1 });
await finetune(task, registry);
const views = { backend: "wasm", segments: 1, crops: 1 } as const;
const { scores: plain } = await evaluate(task.out!, registry, { ...views, split: "train" });

/** The classes of a list of three, by the names of labels of the head; `turning` has no label of its name. */
const [first, second] = [SHAPE_CLASSES[3], SHAPE_CLASSES[0]];
const place = `${folder}/three-classes`;
await Deno.mkdir(place);
const rows = plain.videos.map((video, row) => ({ ...video, row }));
const chosen = rows.filter(({ label }) => [3, 0, 5].includes(label));

async function writeList(classes: readonly string[]): Promise<string> {
  const names = [first, second, classes[2]];
  const lines = chosen.map(({ path, label }) => `${path} ${[3, 0, 5].indexOf(label)}\n`);
  await Deno.writeTextFile(`${place}/classes.txt`, names.slice(0, classes.length).join("\n"));
  const kept = classes.length === 3 ? lines : lines.filter((line) => !line.endsWith(" 2\n"));
  await Deno.writeTextFile(`${place}/list.txt`, kept.join(""));
  return `${place}/list.txt`;
}

/** Probabilities of a row of the plain scores. */
function plainOf(row: number): Float64Array {
  const at = plain.entries.row.indexOf(row);
  return softmax(plain.entries.logits.subarray(at * 10, (at + 1) * 10));
}

Deno.test({
  name: "scores are mapped by names onto the classes beside a list, and by a file onto sums",
  ...LASTING,
  fn: async () => {
    const list = await writeList([first, second]);
    const two = await evaluate(task.out!, registry, { ...views, annotations: list });
    assert.deepEqual(two.scores.classes, [first, second]);
    const ofTwo = chosen.filter(({ label }) => label !== 5);
    const right = ofTwo.filter(({ row, label }) => plainOf(row)[label] > plainOf(row)[3 - label]);
    assert.equal((two.summary as { top1: number }).top1, right.length / ofTwo.length);

    await writeList([first, second, "turning"]);
    const missing = evaluate(task.out!, registry, { ...views, annotations: list, fresh: true });
    await assert.rejects(missing, /every class must have a label .* got 1 of 3: "turning"/);

    const labelMap = `${place}/map.csv`;
    await Deno.writeTextFile(labelMap, `head,class\n3,0\n${second},${second}\n5,turning\n6,2\n`);
    const options = { ...views, annotations: list, labelMap, out: `${place}/mapped` };
    const { scores, file, folder: out } = await evaluate(task.out!, registry, options);
    scores.entries.row.forEach((row, at) => {
      const found = softmax(scores.entries.logits.subarray(at * 3, (at + 1) * 3));
      const p = plainOf(chosen[row].row);
      const sums = [p[3], p[0], p[5] + p[6]];
      const all = sums.reduce((a, b) => a + b);
      sums.forEach((sum, c) => assert.ok(Math.abs(found[c] - sum / all) < 1e-5));
    });
    const json = JSON.parse(await Deno.readTextFile(`${out}/evaluation.json`));
    assert.deepEqual(json.labelMap.to, [1, -1, -1, 0, -1, 2, 2, -1, -1, -1]);
    assert.equal((await evaluate(task.out!, registry, options)).done.views, 0, "all is there");
    await Deno.writeTextFile(labelMap, `head,class\n3,0\n0,1\n5,2\n`);
    await assert.rejects(evaluate(task.out!, registry, options), /must be the same one.*labelMap/);
    assert.ok(file.startsWith(out));
  },
});

Deno.test({
  name: "a prediction is of the classes that labels count for",
  ...LASTING,
  fn: async () => {
    await using classifier = await openClassifier(task.out!, registry, { backend: "wasm" });
    const map = { to: [0, 0, 0, 0, 0, 1, 1, 1, 1, 1], count: 2 };
    const mapped = mappedClassifier(classifier, ["a", "b"], map);
    const of = { segments: 1, crops: 1, batch: 1 };
    const { classes } = await predict(mapped, plain.videos[0].path, of);
    const wanted = plainOf(0).subarray(0, 5).reduce((a, b) => a + b);
    const found = classes.find(({ name }) => name === "a")!;
    assert.ok(Math.abs(found.probability - wanted) < 1e-4, `${found.probability} and ${wanted}`);
  },
});

Deno.test({
  name: "a fine-tuning starts from the rows of a trained head that its classes have",
  ...LASTING,
  fn: async () => {
    const list = await writeList([first, second]);
    const dataset = annotations({ train: list });
    const start = { from: task.out!, headByNames: true };
    const augmentation = standardAugmentation({ randAugment: "none", flip: 0 });
    const next = smallFinetune("two-classes", {
      data: { dataset, samplingRate: 1 },
      ...{ start, augmentation },
      ...{ steps: 1, epochs: 1, batch: 2 },
      optimizer: { lr: 1e-12, minLr: 0, warmupEpochs: 0, weightDecay: 0 },
    });
    assert.match(await describeTask(next, registry), /head is mapped: 10 labels onto 2 classes, 8/);
    await finetune(next, registry);
    const [before, after] = [await checkpointTensors(task, 2), await checkpointTensors(next, 1)];
    const row = (
      label: number,
    ) => [...before.get("head.weight")!.subarray(label * 24, (label + 1) * 24)];
    const found = after.get("head.weight")!;
    [...row(3), ...row(0)].forEach((value, i) => assert.ok(Math.abs(found[i] - value) < 1e-6));
    const bias = before.get("head.bias")!;
    assert.ok(Math.abs(after.get("head.bias")![0] - bias[3]) < 1e-6);
    const record = JSON.parse(await Deno.readTextFile(`${next.out}/task.json`));
    assert.ok(record.start.used.includes("head.weight"));

    const unknown = smallFinetune("unknown-classes", {
      data: { dataset: annotations({ train: list, classes: ["up", "around"] }), samplingRate: 1 },
      start,
    });
    await assert.rejects(finetune(unknown, registry), /got \d of 2: .*"around".* without one/);
  },
});
