import assert from "node:assert/strict";
import { augmentationWarnings, standardAugmentation } from "@videoms/data";
import { allTokens, informationIntensive, segments } from "@videoms/masking";
import type { FinetuneOptions, FinetuneTask, LogEntry } from "@videoms/tasks";
import { readLog } from "@videoms/tasks";
import { describeTask } from "../../../tasks/runs/describe_task.ts";
import { finetune, type FinetuneResult } from "../../../tasks/runs/finetune/finetune.ts";
import { openClassifier } from "../../../tasks/runs/classifier/trained_classifier.ts";
import { pretrain } from "../../../tasks/runs/pretrain/pretrain.ts";
import { recordingOutput } from "../recording_output.ts";
import { isSkipped } from "../../backends.ts";
import {
  checkpointTensors,
  folder,
  registry,
  smallFinetune,
  smallTask,
  stepLines,
  valuesOf,
} from "../small_task.ts";

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

function linesOf(task: FinetuneTask): Promise<LogEntry[]> {
  return readLog(`${task.out}/log.jsonl`);
}

async function lossesOf(task: FinetuneTask): Promise<number[]> {
  await finetune(task, registry, { fresh: true });
  return (await stepLines(task.out!)).map(({ lastLoss }) => lastLoss as number);
}

Deno.test({
  name: "an encoder is handed over, and the run leaves log, checkpoints and a classifier",
  ...LASTING,
  fn: async () => {
    const source = smallTask("handed-over", { epochs: 1 });
    await pretrain(source, registry);
    const task = smallFinetune("whole-finetune", {
      start: { from: source.out },
      optimizer: { emaDecay: 0.8 },
      epochs: 4,
    });
    const dry = await describeTask(task, registry);
    assert.match(dry, /38 kept, 26 dropped/);
    assert.match(dry, /start .*step-00000003\.safetensors/);
    const anew = { ...task, start: { ...task.start, patchEmbedding: false } };
    assert.match(
      await describeTask(anew, registry),
      /ignored: encoder\.patch_embed\.proj\.weight .*\(the patch embedding starts anew\)/,
    );
    const result = await finetune(task, registry, { compareCost: true });
    assert.deepEqual([result.steps, result.stopped], [12, false]);
    const { weights, average } = result.validation!;
    assert.ok("k" in weights && weights.videos === 4 && weights.k === 5 && average!.loss > 0);
    assert.deepEqual(result.cost!.tokens, [38, 64]);

    const { start, classes } = JSON.parse(await Deno.readTextFile(`${task.out}/task.json`));
    assert.deepEqual(
      start.missing.map(({ name }: { name: string }) => name).sort(),
      ["fc_norm.bias", "fc_norm.weight", "head.bias", "head.weight"],
    );
    assert.ok(start.used.includes("encoder.blocks.1.attn.qkv.weight"));
    assert.equal(classes.length, 10);

    const lines = await linesOf(task);
    const steps = await stepLines(task.out!);
    assert.equal(steps.length, 12);
    assert.ok(
      steps.every(({ accuracy }) => (accuracy as number) >= 0 && (accuracy as number) <= 1),
    );
    assert.equal(new Set(steps.slice(1).map(({ liveTensors }) => liveTensors)).size, 1);
    assert.equal(lines.filter(({ event }) => event === "validation").length, 4);
    assert.ok(lines.some(({ event }) => event === "cost"));

    const saved = await checkpointTensors(task, 12);
    for (const name of ["head.weight", "average.fc_norm.bias", "optimizer.first.head.bias"]) {
      assert.ok(saved.has(name), name);
    }
    for (const choice of ["last", "best", "last-average", "best-average"] as const) {
      await using classifier = await openClassifier(task.out!, registry, { weights: choice });
      const pixels = new Uint8Array(2 * 8 * 32 * 32 * 3).map((_, i) => i % 251);
      const { logits, kept } = await classifier.score({ pixels, batch: 2 });
      assert.deepEqual([logits.length, kept.length, kept[1].length], [20, 2, 38]);
      assert.equal(classifier.classes[0], "left");
    }
  },
});

Deno.test({
  name:
    "a run with every kind of chance that was stopped and resumed ends with the very same weights",
  ...LASTING,
  fn: async () => {
    const options: FinetuneOptions = {
      batch: 2,
      accumulate: 2,
      data: { samples: 2 },
      model: { dropPath: 0.3 },
      mix: { mixup: 0.8, cutmix: 1, mode: "elem" },
      augmentation: standardAugmentation({ erase: 0.5 }),
      optimizer: { emaDecay: 0.9, clipGradient: 0.5 },
      epochs: 4,
      checkpointEvery: 4,
    };
    const whole = smallFinetune("uninterrupted-finetune", options);
    await finetune(whole, registry);
    const stopped = smallFinetune("interrupted-finetune", options);
    const stop = new AbortController();
    const watch = setInterval(async () => {
      const lines = await stepLines(stopped.out!).catch(() => []);
      if (lines.length >= 4) stop.abort();
    }, 1);
    const first = await finetune(stopped, registry, { signal: stop.signal });
    clearInterval(watch);
    assert.ok(first.stopped && first.steps >= 4 && first.steps < 12, `${first.steps}`);
    const second = await finetune(stopped, registry);
    assert.equal(second.steps, 12);
    assert.deepEqual(await checkpointTensors(stopped, 12), await checkpointTensors(whole, 12));
    assert.deepEqual(second.best, bestIn(await linesOf(whole)));
  },
});

/** The best validation of a log: the first of the largest accuracies. */
function bestIn(lines: readonly LogEntry[]): FinetuneResult["best"] {
  let best: { step: number; accuracy: number } | null = null;
  for (const line of lines) {
    const { event, step } = line;
    if (event !== "validation" || step === 0) continue;
    const { top1: accuracy } = valuesOf(line);
    if (!best || accuracy > best.accuracy) best = { step: step as number, accuracy };
  }
  return best;
}

Deno.test({
  name: "the best checkpoint is kept beside the last one, and a run can go on from it",
  ...LASTING,
  fn: async () => {
    // A rate so high that later weights do worse than early ones.
    const task = smallFinetune("best", { optimizer: { lr: 2, warmupEpochs: 0 }, epochs: 5 });
    const { best } = await finetune(task, registry);
    const steps = [...Deno.readDirSync(`${task.out}/checkpoints`)].map(({ name }) => name)
      .filter((name) => name.endsWith(".json")).map((name) => Number(name.slice(5, 13))).sort();
    assert.deepEqual(steps, [...new Set([best!.step, 15])].sort());
    const before = await checkpointTensors(task, 15);
    const again = await finetune(task, registry, { resume: "best" });
    assert.equal(again.steps, 15);
    assert.deepEqual(await checkpointTensors(task, 15), before);
  },
});

Deno.test({
  name: "recomputation, accumulation and decoding processes change no loss",
  ...LASTING,
  fn: async () => {
    const plain = await lossesOf(smallFinetune("plain", { data: { workers: 1 } }));
    const again = await lossesOf(
      smallFinetune("recomputed", { model: { recompute: true }, data: { workers: 3 } }),
    );
    plain.forEach((loss, i) => assert.ok(Math.abs(loss - again[i]) < 1e-5, `${loss} ${again[i]}`));
    const parts = await lossesOf(smallFinetune("parts-finetune", { batch: 1, accumulate: 4 }));
    plain.forEach((loss, i) => assert.ok(Math.abs(loss - parts[i]) < 1e-3, `${loss} ${parts[i]}`));
  },
});

Deno.test({
  name: "two-stage selectors, other selectors and all tokens work",
  ...LASTING,
  fn: async () => {
    for (const frames of [informationIntensive(), segments()]) {
      const losses = await lossesOf(smallFinetune("selected", { frames, steps: 2 }));
      assert.ok(losses.length === 2 && losses.every(Number.isFinite), frames.name);
    }
    const whole = smallFinetune("all-tokens", { tokens: allTokens(), steps: 2 });
    const { cost } = await finetune(whole, registry);
    assert.equal(cost, null);
  },
});

Deno.test({
  name: "fine-tuning has the losses of the CPU engine [webgpu]",
  ignore: isSkipped("webgpu"),
  ...LASTING,
  fn: async () => {
    const options = { model: { dropPath: 0.2 }, mix: { cutmix: 1 }, steps: 2 };
    const expected = await lossesOf(smallFinetune("finetune-wasm", options));
    const computed = await lossesOf(
      smallFinetune("finetune-webgpu", { ...options, backend: "webgpu" }),
    );
    computed.forEach((loss, i) => assert.ok(Math.abs(loss - expected[i]) < 1e-3, `${i}: ${loss}`));
  },
});

/** Refused runs: what is wrong, the task, and what the message must name. */
const refused: [string, FinetuneOptions, RegExp][] = [
  [
    "an odd batch with mixup",
    { batch: 3, mix: { mixup: 0.8 } },
    /batch · data\.samples must be even .* got 3 · 1/,
  ],
  [
    "a start that is not there",
    { start: { from: `${folder}/nowhere` } },
    /"[^"]*nowhere" must hold a run, got no task\.json there/,
  ],
  [
    "a file that is not there",
    { start: { from: `${folder}/gone.safetensors` } },
    /start\.from must be a run folder, .* got ".*gone/,
  ],
  [
    "no tokens",
    { tokens: { kind: "tokens", name: "motion-centric", options: { dropRatio: 1 } } },
    /dropRatio/,
  ],
  [
    "an average that is not kept",
    { evaluation: { weights: "last-average" } },
    /evaluation\.weights .*emaDecay is null/,
  ],
  ["a layer decay above 1", { optimizer: { layerDecay: 1.5 } }, /optimizer\.layerDecay .*got 1\.5/],
  ["boxes that shrink", { mix: { cutmixMinMax: [0.5, 0.2] } }, /mix\.cutmixMinMax must ascend/],
  [
    "a wrong policy",
    { augmentation: standardAugmentation({ randAugment: "random" }) },
    /random/,
  ],
];

for (const [what, options, message] of refused) {
  Deno.test({
    name: `${what} is refused before anything is decoded`,
    ...LASTING,
    fn: async () => {
      const out = `refused-${what.replaceAll(" ", "-")}`;
      await assert.rejects(finetune(smallFinetune(out, options), registry), message);
    },
  });
}

Deno.test({
  name: "an encoder of another size is refused, and it is told what to set",
  ...LASTING,
  fn: async () => {
    const source = smallTask("of-another-size", { epochs: 1, model: { width: 36, heads: 3 } });
    await pretrain(source, registry);
    const task = smallFinetune("from-another-size", { start: { from: source.out } });
    await assert.rejects(
      finetune(task, registry),
      /of-another-size.*got width 24 for 36, heads 2 for 3.*--set model\.width=36 --set model\.heads=3/,
    );
  },
});

Deno.test({
  name: "mirroring and small crops of classes that are motions are warned of, with what to set",
  ...LASTING,
  fn: async () => {
    const written: string[] = [];
    const recording = recordingOutput();
    const status = { ...recording.status, write: (text: string) => void written.push(text) };
    const augmentation = standardAugmentation({ randAugment: "none", erase: 0 });
    const task = smallFinetune("warned", { augmentation, steps: 1, epochs: 1 });
    await finetune(task, registry, { output: { ...recording, status } });
    const [flip, crop, ...others] = written.join("").split("\n")
      .filter((line) => line.startsWith("Warning"));
    assert.match(
      flip,
      /4 of 10 classes are mirror images, such as "left" and "right".*augmentation\.flip=0/,
    );
    assert.match(crop, /crops of 8 % of the frame .* --set augmentation\.scale=\[0\.5,1\]/);
    assert.deepEqual(others, []);
    const gentle = { crop: standardAugmentation({ flip: 0, scale: [0.5, 1] }) };
    assert.deepEqual(augmentationWarnings(gentle, { classes: ["left", "right"] }), []);
    const usual = { crop: standardAugmentation() };
    assert.deepEqual(augmentationWarnings(usual, { classes: ["Archery", "PushUps"] }), []);
  },
});
