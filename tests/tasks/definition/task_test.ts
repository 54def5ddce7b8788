import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRegistry, pluginsOf } from "@videoms/core";
import * as data from "@videoms/data";
import * as masking from "@videoms/masking";
import * as models from "@videoms/models";
import {
  applyOverrides,
  checkTask,
  definePretrain,
  loadTask,
  type Override,
  type PretrainOptions,
} from "@videoms/tasks";
import { TASK_FIELDS } from "../../../tasks/definition/task_kinds.ts";

const PRETRAIN_DEFAULTS = definePretrain();

const registry = createRegistry([masking, models, data].flatMap(pluginsOf));
const repository = new URL("../../../", import.meta.url);

function set(...overrides: Override[]) {
  return applyOverrides(PRETRAIN_DEFAULTS, overrides, registry);
}

Deno.test("a task is the defaults with the given fields on top, frozen all the way down", () => {
  const task = definePretrain({ name: "x", optimizer: { lr: 0.5 }, model: { depth: 2 } });
  assert.deepEqual(task, {
    ...PRETRAIN_DEFAULTS,
    name: "x",
    optimizer: { ...PRETRAIN_DEFAULTS.optimizer, lr: 0.5 },
    model: { ...PRETRAIN_DEFAULTS.model, depth: 2 },
  });
  assert.throws(() => Object.assign(task.masking.options, { maskRatio: 0 }), TypeError);
  assert.throws(() => Object.assign(task.optimizer.betas, [0]), TypeError);
});

Deno.test("a task is plain JSON", () => {
  const task = definePretrain();
  assert.deepEqual(JSON.parse(JSON.stringify(task)), task);
});

Deno.test("an unknown field is refused at run time with the nearest known one", () => {
  const misspelt = { optimizer: { weigthDecay: 0 } } as unknown as PretrainOptions;
  assert.throws(() => definePretrain(misspelt), /"optimizer\.weigthDecay".*"weightDecay"/);
  const task = { ...definePretrain(), epoch: 3 };
  assert.throws(() => checkTask(task), /unknown field "epoch".*"epochs"/);
});

Deno.test("shipped tasks and the defaults pass the check", async () => {
  checkTask(definePretrain(), registry);
  for (const name of ["ucf101", "hmdb51", "ssv2", "kinetics400", "oscc", "shapes"]) {
    const task = await loadTask(new URL(`tasks/${name}/pretrain.ts`, repository).href, "pretrain");
    checkTask(task, registry);
    assert.equal(task.name, `${name}/pretrain`);
  }
});

Deno.test("the published tasks have the published rates and the published batch", async () => {
  for (const [name, epochs, rate] of [["ucf101", 3200, 4], ["hmdb51", 4800, 2]] as const) {
    const task = await loadTask(new URL(`tasks/${name}/pretrain.ts`, repository).href, "pretrain");
    assert.equal(task.batch * task.accumulate, 192);
    assert.equal(task.epochs, epochs);
    assert.equal(task.data.samplingRate, rate);
    assert.equal(task.optimizer.lr * 192 / 256, 7.5e-4);
    assert.deepEqual(task.optimizer.betas, [0.9, 0.95]);
  }
});

const wrong: [PretrainOptions, RegExp][] = [
  [{ seed: -1 }, /seed must be a whole number from 0 .*got -1/],
  [{ name: "../x" }, /name must be letters.*got "\.\.\/x"/],
  [{ epochs: 2.5 }, /epochs must be a whole number from 1, got 2\.5/],
  [{ steps: 0 }, /steps must be .* or null, got 0/],
  [{ optimizer: { lr: NaN } }, /optimizer\.lr must be a number above 0, got NaN/],
  [{ optimizer: { lr: 0 } }, /optimizer\.lr/],
  [{ optimizer: { betas: [0.9, 1] } }, /optimizer\.betas must be two numbers.*got \[0\.9, 1\]/],
  [{ optimizer: { betas: [0.9] as unknown as [number, number] } }, /betas/],
  [{ optimizer: { clipGradient: Infinity } }, /clipGradient .*got Infinity/],
  [{ optimizer: { minLr: 1 } }, /minLr must not exceed optimizer\.lr, got 1 and 0\.001/],
  [{ optimizer: { warmupLr: 1 } }, /warmupLr must not exceed/],
  [{ optimizer: { emaDecay: 1 } }, /emaDecay/],
  [
    { optimizer: { emaDecay: 0.9, emaDecayEnd: 1.1 } },
    /emaDecayEnd must be .* to 1 or null, got 1\.1/,
  ],
  [{ optimizer: { emaDecayEnd: 1 } }, /emaDecay must be a number up to .*, got null and 1$/],
  [{ optimizer: { emaDecay: 0.9, emaDecayEnd: 0.5 } }, /emaDecay must be .*, got 0\.9 and 0\.5/],
  [{ epochs: 5 }, /warmupEpochs must not exceed epochs, got 40 and 5/],
  [{ steps: 5, optimizer: { warmupSteps: 6 } }, /warmupSteps must not exceed steps, got 6 and 5/],
  [{ model: { patchSize: 15 } }, /patchSize must divide imageSize, got 15 and 224/],
  [{ model: { frames: 15 } }, /tubeletSize must divide frames/],
  [{ model: { heads: 5 } }, /model\.heads must divide model\.width, got 5 and 768/],
  [{ model: { decoderWidth: 100 } }, /model\.decoderHeads must divide/],
  [{ model: { size: "giant" as "huge" } }, /model\.size must be one of tiny, small/],
  [{ model: { dropPath: 1 } }, /dropPath/],
  [{ data: { maxReplaced: 1.5 } }, /maxReplaced .*got 1\.5/],
  [
    { objective: { kind: "objective", name: "pixels", options: { normalize: "batch" } } },
    /objective must be valid.*"normalize" must be one of channel, patch, none, got "batch"/,
  ],
  [{ backend: "cuda" as "cpu" }, /backend must be one of auto, webgpu, wasm, cpu/],
  [{ masking: masking.dense() as never }, /masking must be a masking plugin/],
  [{ out: "" }, /out must be a path or null/],
  [
    { masking: { kind: "masking", name: "tub", options: {} } },
    /masking must be valid.*did you mean "tube"/,
  ],
];

for (const [options, message] of wrong) {
  Deno.test(`a task with ${JSON.stringify(options)} is refused`, () => {
    const task = definePretrain(options);
    assert.throws(() => checkTask(task, registry), (error: Error) => {
      assert.match(error.message, message);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
  });
}

Deno.test("a warm-up in epochs is not compared with a run in steps", () => {
  checkTask(definePretrain({ steps: 5 }));
  checkTask(definePretrain({ epochs: 5, optimizer: { warmupSteps: 3 } }));
});

Deno.test("overrides are read by the type of their field", () => {
  const task = set(
    ["optimizer.lr", "3e-4"],
    ["optimizer.betas", "[0.8, 0.99]"],
    ["optimizer.clipGradient", "0.02"],
    ["objective.normalize", "none"],
    ["name", "12"],
    ["steps", "7"],
    ["data.crop", "centre"],
    ["model.frames", "8"],
  );
  assert.equal(task.optimizer.lr, 3e-4);
  assert.deepEqual(task.optimizer.betas, [0.8, 0.99]);
  assert.equal(task.optimizer.clipGradient, 0.02);
  assert.equal(task.objective.options.normalize, "none");
  assert.equal(task.name, "12");
  assert.equal(task.steps, 7);
  assert.equal(task.data.crop, "centre");
  assert.equal(task.model.frames, 8);
  const back = applyOverrides(
    task,
    [["steps", "null"], ["optimizer.clipGradient", "null"]],
    registry,
  );
  assert.equal(back.steps, null);
  assert.equal(back.optimizer.clipGradient, null);
  assert.ok(Object.isFrozen(back.model));
});

Deno.test("every field but a plugin can be set to the text of its value", () => {
  for (const [path, rule] of Object.entries(TASK_FIELDS.pretrain)) {
    if (rule.type === "plugin") continue;
    const value = path.split(".").reduce<unknown>(
      (group, key) => (group as Record<string, unknown>)[key],
      PRETRAIN_DEFAULTS,
    );
    const text = typeof value === "string" ? value : JSON.stringify(value);
    assert.deepEqual(set([path, text]), PRETRAIN_DEFAULTS, path);
  }
});

Deno.test("overrides that cannot be are refused", () => {
  const cases: [string, string, RegExp][] = [
    ["optimizer.learningRate", "1", /"optimizer\.learningRate".*must be a field.*; known:/],
    ["optimiser.lr", "1", /did you mean "optimizer\.lr"/],
    ["optimizer", "{}", /must be a field/],
    ["epochs", "many", /epochs: it must be a whole number from 1, got "many"/],
    ["epochs", "", /got ""/],
    ["epochs", "null", /epochs/],
    ["objective.normalize", "batch", /must be one of channel, patch, none, got "batch"/],
    ["masking", "tub", /did you mean "tube"/],
    ["masking.maskRatioo", "0.5", /unknown option "maskRatioo"; did you mean "maskRatio"/],
    ["masking.maskRatio", "high", /option "maskRatio" must be of type number, got "high"/],
    ["constructor", "1", /must be a field/],
  ];
  for (const [path, text, message] of cases) assert.throws(() => set([path, text]), message);
});

Deno.test("a plugin is switched by name and its options set by path, in any order", () => {
  const long = set(["masking.options.maskRatio", "0.8"], ["masking", "tube"]);
  assert.deepEqual(long.masking, masking.tube({ maskRatio: 0.8 }));
  assert.deepEqual(set(["masking.name", "tube"], ["masking.maskRatio", "0.8"]), long);
  assert.deepEqual(set(["masking", '{"name":"tube","options":{"maskRatio":0.8}}']), long);
  assert.equal(set(["frames", "segments"]).frames.name, "segments");
  const list = set(["data.dataset", "annotations"], ["data.dataset.train", "0.csv"]);
  assert.equal(list.data.dataset.options.train, "0.csv");
  assert.equal(set(["data.dataset.train", "12"]).data.dataset.options.train, "12");
});

Deno.test("naming the plugin that is there keeps its options, another one starts afresh", () => {
  const start = set(["masking.maskRatio", "0.8"]);
  assert.deepEqual(applyOverrides(start, [["masking", "motion-centric"]], registry), start);
  const other = applyOverrides(start, [["masking", "tube"]], registry);
  assert.deepEqual(other.masking, masking.tube());
});

async function withTaskFile(text: string, body: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "task.ts");
  try {
    await Deno.writeTextFile(path, text);
    await body(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a task file loads by path; a wrong one says what is wrong", async () => {
  await assert.rejects(
    loadTask("no/such/file.ts", "pretrain"),
    /file must exist, got "no\/such\/file\.ts"/,
  );
  const cases: [string, RegExp][] = [
    ["export const task = 1;", /got no default export/],
    ["export default 3;", /got a number/],
    ['export default { kind: "finetune" };', /got a task of kind "finetune"/],
    ["export default {", /must be a module that runs/],
    ['throw new Error("not today");', /must be a module that runs, got: not today/],
  ];
  for (const [text, message] of cases) {
    await withTaskFile(text, (path) => assert.rejects(loadTask(path, "pretrain"), message));
  }
});

Deno.test("a misspelt name in a task file is a compile error", async () => {
  const lines = [
    'import { definePretrain } from "@videoms/tasks";',
    'import { tube } from "@videoms/masking";',
    "export default definePretrain({ epoch: 3 });",
    "export const inner = definePretrain({ optimizer: { weigthDecay: 1 } });",
    "export const plugin = definePretrain({ masking: tube({ maskRatioo: 0.5 }) });",
    'export const kind = definePretrain({ frames: tube(), model: { size: "giant" } });',
    "export const right = definePretrain({ epochs: 3, masking: tube({ maskRatio: 0.5 }) });",
  ];
  await withTaskFile(lines.join("\n"), async (path) => {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--config", fileURLToPath(new URL("deno.json", repository)), path],
      env: { NO_COLOR: "1" },
      stderr: "piped",
    }).output();
    const report = new TextDecoder().decode(stderr);
    assert.equal(success, false);
    for (const name of ["'epoch'", "'weigthDecay'", "'maskRatioo'", '"masking"', '"giant"']) {
      assert.ok(report.includes(name), `${name} in ${report}`);
    }
    assert.ok(!report.includes("export const right"), report);
  });
});
