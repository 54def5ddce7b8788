/**
 * Dry runs of the task files of published experiments, as their pages say, on lists of rendered videos.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { shapes } from "@videoms/data";
import type { FinetuneTask, PretrainTask } from "@videoms/tasks";
import { COMMANDS } from "../../tasks/cli.ts";
import { runCommandLine } from "../../tasks/commands/line/run_command_line.ts";
import { recordingOutput } from "./recording_output.ts";
import { folder } from "./small_task.ts";

const LASTING = { sanitizeOps: false, sanitizeResources: false };

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Lists of rendered videos: `path label`, as `data list` writes them. */
const lists = await (async () => {
  const dir = join(folder, "shipped");
  const set = shapes.create({ ...shapes.defaults, videos: 12, heldOut: 4, size: 32, dir });
  const { train, heldOut } = await set.prepare();
  const write = async (name: string, videos: typeof train) => {
    const path = join(folder, name);
    await Deno.writeTextFile(path, videos.map((one) => `${one.path} ${one.label}\n`).join(""));
    return path;
  };
  return {
    train: await write("shipped-train.txt", train),
    heldOut: await write("shipped-held-out.txt", heldOut!),
  };
})();

/** What a dry run of a task file says: the task as it would run, and the table below it. */
async function dryRun<Task>(
  kind: "pretrain" | "finetune",
  name: string,
  ...more: string[]
): Promise<{ task: Task; table: string }> {
  const output = recordingOutput();
  const start = kind === "finetune" ? ["--from", "none"] : [];
  const args = [kind, join(root, "tasks", name, `${kind}.ts`), ...start, ...more, "--dry-run"];
  const code = await runCommandLine({ name: "deno task", summary: "", commands: COMMANDS }, args, {
    output,
    debug: true,
    signal: new AbortController().signal,
  });
  const said = output.all.join("");
  assert.equal(code, 0, said);
  const end = said.indexOf("\n}\n") + 2;
  return { task: JSON.parse(said.slice(said.indexOf("{"), end)), table: said.slice(end) };
}

const TRAIN = ["--annotations", lists.train];
const BOTH = [...TRAIN, "--held-out", lists.heldOut];

const pretrainings = [
  { name: "ucf101", batch: 192, lr: 1e-3, samplingRate: 4, epochs: 3200 },
  { name: "hmdb51", batch: 192, lr: 1e-3, samplingRate: 2, epochs: 4800 },
  { name: "ssv2", batch: 2048, lr: 1.5e-4, samplingRate: 2, epochs: 800 },
  { name: "kinetics400", batch: 2048, lr: 1.5e-4, samplingRate: 4, epochs: 800 },
];

const classifiers = [
  { name: "ucf101", classes: 101, views: [5, 3], batch: 128, lr: 1e-3, mixup: 0, epochs: 100 },
  { name: "hmdb51", classes: 51, views: [10, 3], batch: 128, lr: 1e-3, mixup: 0, epochs: 50 },
  { name: "ssv2", classes: 174, views: [2, 3], batch: 512, lr: 5e-4, mixup: 0.8, epochs: 50 },
  {
    name: "kinetics400",
    classes: 400,
    views: [5, 3],
    batch: 512,
    lr: 1e-3,
    mixup: 0.8,
    epochs: 100,
  },
];

for (const { name, ...expected } of pretrainings) {
  Deno.test(`tasks/${name}/pretrain.ts would run as its page says`, LASTING, async () => {
    const { task, table } = await dryRun<PretrainTask>("pretrain", name, ...TRAIN);
    const { batch, optimizer: { lr, minLr, warmupEpochs }, data: { samplingRate }, epochs } = task;
    assert.deepEqual({ batch, lr, samplingRate, epochs }, expected);
    assert.deepEqual([minLr, warmupEpochs, task.name], [1e-5, 40, `${name}/pretrain`]);
    assert.match(table, /1568: 156 visible, 314 targets, 1098 dropped/);
    assert.match(table, /parameters +94,210,944/);
    assert.match(table, /12 videos/);
  });
}

for (const { name, classes, ...expected } of classifiers) {
  Deno.test(`tasks/${name}/finetune.ts would run as its page says`, LASTING, async () => {
    const { task, table } = await dryRun<FinetuneTask>("finetune", name, ...BOTH);
    const { batch, optimizer: { lr, layerDecay }, mix: { mixup, cutmix }, epochs } = task;
    const { segments, crops } = task.evaluation;
    assert.deepEqual({ views: [segments, crops], batch, lr, mixup, epochs }, expected);
    assert.deepEqual([cutmix, layerDecay, task.model.dropPath], [mixup > 0 ? 1 : 0, 0.75, 0.1]);
    const isSsv2 = name === "ssv2";
    assert.equal(task.frames.name, isSsv2 ? "segments" : "spread");
    assert.equal((task.augmentation.options as { flip?: number }).flip ?? 0.5, isSsv2 ? 0 : 0.5);
    assert.match(table, /940/);
    const parameters = 86_227_200 + 769 * classes;
    assert.match(table, new RegExp(`parameters +${parameters.toLocaleString("en")}`));
    assert.match(table, /12 videos/);
  });
}

Deno.test("the trials of tasks/oscc would run on rendered windows", LASTING, async () => {
  const trial = [
    ...["--steps", "20", "--set", "optimizer.warmupSteps=5", "--batch", "2"],
    ...["--set", "data.dataset=oscc-shapes", "--set", "data.samplingRate=4"],
  ];
  const pretrained = await dryRun<PretrainTask>("pretrain", "oscc", ...trial);
  assert.match(pretrained.table, /156 visible, 314 targets, 1098 dropped/);
  const tuned = await dryRun<FinetuneTask>("finetune", "oscc", ...trial);
  assert.match(tuned.table, /940/);
  for (const { frames } of [pretrained.task, tuned.task]) {
    assert.equal((frames.options as { alpha: number }).alpha, 1.5);
  }
  assert.deepEqual(tuned.task.evaluation.segments, 1);
});
