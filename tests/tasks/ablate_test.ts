import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { annotations, type Dataset } from "@videoms/data";
import { motionCentric, random, tube } from "@videoms/masking";
import {
  type AblateOptions,
  type AblateTask,
  defineAblation,
  type FinetuneTask,
  type PretrainTask,
} from "@videoms/tasks";
import {
  ablate,
  type AblateRunOptions,
  type AblationResult,
} from "../../tasks/compare/ablate/ablate.ts";
import { cellId } from "../../tasks/compare/ablate/cell_id.ts";
import { stagePlace } from "../../tasks/compare/ablate/cell_store.ts";
import { planCells, plannedCost } from "../../tasks/compare/ablate/plan_cells.ts";
import { comparisonNote, comparisonTexts } from "../../tasks/compare/report/comparisons.ts";
import { readReport } from "../../tasks/compare/report/read_report.ts";
import { readRun } from "../../tasks/compare/report/read_run.ts";
import { resultTable } from "../../tasks/compare/report/result_tables.ts";
import { summarise } from "../../tasks/compare/report/summarise.ts";
import { recordingOutput } from "./recording_output.ts";
import { folder, registry, smallFinetune, smallTask } from "./small_task.ts";

const LASTING = { sanitizeOps: false, sanitizeResources: false };

const pretrain: PretrainTask = { ...smallTask("unused"), out: null, steps: 2, checkpointEvery: 9 };
const finetune: FinetuneTask = {
  ...smallFinetune("unused"),
  out: null,
  steps: 2,
  checkpointEvery: 9,
};

const MASKS = {
  random: { "pretrain.masking": random({ maskRatio: 0.75 }) },
  tube: { "pretrain.masking": tube({ maskRatio: 0.75 }) },
} as const;

function grid(out: string, options: Partial<AblateOptions> = {}): AblateTask {
  return defineAblation({
    name: "small",
    pretrain,
    axes: { masking: MASKS },
    seeds: [0, 1],
    baseline: { masking: "tube" },
    out: `${folder}/${out}`,
    ...options,
  });
}

/** Runs an ablation, with what it told people. */
async function run(
  task: AblateTask,
  options: AblateRunOptions = {},
): Promise<AblationResult & { told: string[] }> {
  const told: string[] = [];
  const result = await ablate(task, registry, {
    output: recordingOutput((text) => told.push(text)),
    ...options,
  });
  return { ...result, told };
}

const startsOf = (told: readonly string[]) =>
  told.filter((line) => /^cell /.test(line) && !/done before|another process/.test(line));

Deno.test("one axis at a time: the baseline, and each other level alone", async () => {
  const axes = {
    masking: MASKS,
    rate: { slow: { "pretrain.optimizer.lr": 0.1 }, fast: { "pretrain.optimizer.lr": 0.2 } },
  };
  const baseline = { masking: "tube", rate: "slow" };
  const cells = await planCells(
    grid("alone", { axes, baseline, seeds: [3], oneAtATime: true }),
    registry,
    null,
  );
  assert.deepEqual(cells.map(({ plan }) => plan.name), [
    "masking=tube rate=slow seed=3",
    "masking=random rate=slow seed=3",
    "masking=tube rate=fast seed=3",
  ]);
  assert.ok(cells.every(({ plan }) => plan.skip === null));
  assert.throws(
    () => grid("alone", { axes, baseline: null, oneAtATime: true }),
    /must have a baseline/,
  );
  const { default: ucf101 } = await import("../../tasks/ucf101/ablate.ts");
  const published = Object.values(ucf101.axes).reduce(
    (sum, levels) => sum + Object.keys(levels).length - 1,
    1,
  );
  assert.deepEqual([ucf101.oneAtATime, published], [true, 8]);
});

Deno.test({
  name: "folds are an axis of their own, and every video is tested once for each seed",
  ...LASTING,
  fn: async () => {
    const { train } = await registry.create<Dataset>(finetune.data.dataset).prepare();
    const halves = await Promise.all([0, 1].map(async (half) => {
      const list = `${folder}/half-${half}.txt`;
      const lines = train.filter((_, i) => i % 2 === half).map(({ path, label }) =>
        `${path} ${label}\n`
      );
      await Deno.writeTextFile(list, lines.join(""));
      return list;
    }));
    const dataset = annotations({ classCount: 10 });
    const task = defineAblation({
      name: "folds",
      finetune: {
        ...finetune,
        steps: 1,
        evaluation: { ...finetune.evaluation, segments: 1, crops: 1 },
        data: { ...finetune.data, dataset },
      },
      axes: {
        rate: { slow: { "finetune.optimizer.lr": 0.1 }, same: { "finetune.optimizer.lr": 0.1 } },
      },
      folds: [0, 1].map((held) => ({ train: halves[1 - held], heldOut: halves[held] })),
      seeds: [5],
      baseline: { rate: "slow" },
      out: `${folder}/folds`,
    });
    const { cells } = await run(task);
    assert.deepEqual(cells.map(({ plan }) => plan.name), [
      ...["rate=slow fold=1 seed=5", "rate=same fold=1 seed=5"],
      ...["rate=slow fold=2 seed=5", "rate=same fold=2 seed=5"],
    ]);
    const report = await readReport([task.out!]);
    const tested = report.variants[0].members.map(({ runs }) =>
      runs[0].record.task.data.dataset.options.heldOut
    );
    assert.deepEqual(tested, halves);
    const [, same] = summarise(report);
    assert.deepEqual([same.difference!.count, same.videoDifference!.count], [2, 12]);
    assert.match(
      comparisonTexts(report, summarise(report))[0],
      /, 2 folds × 1 seed\..* over 12 videos/,
    );
    assert.match(comparisonNote(report), /Folds share most of their training videos/);
    assert.throws(
      () => grid("folds", { folds: [] }),
      /folds must be a list of \{ train, heldOut \}, two or more/,
    );
  },
});

Deno.test({
  name: "an ablation trains every cell once, also when it is stopped and started again",
  ...LASTING,
  fn: async () => {
    const task = grid("ablate", { finetune });
    const stop = new AbortController();
    const first = await ablate(task, registry, {
      signal: stop.signal,
      output: recordingOutput((text) => void (/^cell 3/.test(text) && stop.abort())),
    });
    assert.equal(first.stopped, true);
    assert.equal(first.cells.filter(({ result }) => result?.status === "done").length, 2);
    const second = await run(task);
    assert.equal(startsOf(second.told).length, 2, second.told.join("\n"));
    assert.deepEqual(second.failed, []);
    for (const { plan, result } of second.cells) {
      assert.equal(result?.status, "done");
      assert.deepEqual(result!.stages.map(({ stage }) => stage), [
        "pretrain",
        "finetune",
        "evaluate",
      ]);
      for (const { folder: place } of result!.stages) {
        assert.ok((await Deno.stat(`${task.out}/${place}`)).isDirectory, plan.name);
      }
    }
    const record = JSON.parse(await Deno.readTextFile(`${task.out}/ablation.json`));
    assert.deepEqual(record.axes, [{ title: "masking", labels: ["random", "tube"] }]);
    assert.deepEqual(record.measure, { name: "top1", better: "higher" });
    const report = await readReport([task.out!]);
    assert.equal(report.measure!.name, "top1");
    for (const { figures, cost } of report.variants.flatMap(({ members }) => members)) {
      const evaluated = figures.filter(({ views }) => views === "2 × 3");
      assert.deepEqual(evaluated.map(({ name }) => name), [
        "top1",
        "top5",
        "meanClass",
        "calibrationError",
        "videos",
      ]);
      assert.ok(figures.some(({ kind, name }) => kind === "pretrain" && name === "loss"));
      assert.ok(figures.every(({ value }) => Number.isFinite(value)));
      const { multiplyAccumulates, seconds, peakBytes, clips } = cost!;
      assert.ok(multiplyAccumulates! > 0 && seconds > 0 && peakBytes > 2 ** 26);
      assert.equal(clips, 16);
    }
    const summary = summarise(report);
    const [{ difference, videoDifference }] = summary;
    assert.equal(videoDifference!.count, 4);
    assert.ok(
      Math.abs(videoDifference!.mean - difference!.mean) < 1e-9,
      "over seeds as over videos",
    );
    const [compared, ...others] = comparisonTexts(report, summary);
    assert.match(
      compared,
      /^random .* tube.* at equal epochs, 2 seeds\..* over 4 videos\./,
    );
    assert.deepEqual(others, []);
    const { rows } = resultTable(report, summary);
    assert.deepEqual(rows.map(([variant, seeds]) => [variant, seeds]), [
      ["masking=random", "2 of 2"],
      ["masking=tube", "2 of 2"],
    ]);
    // Seeds are paired: the same clips and weights at the start for every mask.
    const untrained = await Promise.all(second.cells.map(async ({ result }) => {
      const place = result!.stages[0].folder;
      const log = await Deno.readTextFile(`${task.out}/${place}/task.json`);
      return JSON.parse(log).task.seed;
    }));
    assert.deepEqual(untrained, [0, 0, 1, 1]);

    // A grid with one more level finds the cells that it shares with this one.
    const larger = grid("ablate", {
      finetune,
      seeds: [0],
      axes: {
        masking: {
          ...MASKS,
          motion: { "pretrain.masking": motionCentric({ motionRatio: 0.5, maskRatio: 0.75 }) },
        },
      },
    });
    assert.equal(startsOf((await run(larger)).told).length, 1);
  },
});

Deno.test({
  name: "cells share a pre-training that they have in common, and some start from scratch",
  ...LASTING,
  fn: async () => {
    const task = grid("shared", {
      finetune,
      seeds: [0],
      axes: {
        start: { "from scratch": { pretrain: null }, tube: MASKS.tube },
        rate: { slow: { "finetune.optimizer.lr": 0.1 }, fast: { "finetune.optimizer.lr": 0.2 } },
      },
      baseline: { start: "tube", rate: "slow" },
      equalCost: "multiply-accumulates",
    });
    const planned = await planCells(task, registry, null);
    const ids = planned.map(({ plan }) => plan.pretraining);
    assert.ok(ids[0] === undefined && ids[1] === undefined && ids[2] === ids[3]);
    const costs = planned.map(plannedCost);
    assert.ok(costs[0] === costs[1] && costs[0] === costs[3] && costs[2] > costs[3]);
    const { cells, failed } = await run(task);
    assert.deepEqual(failed, []);
    const stages = cells.map(({ result }) => result!.stages.map(({ stage }) => stage).join(" "));
    assert.deepEqual(stages.slice(1, 3), ["finetune evaluate", "pretrain finetune evaluate"]);
    const placeOf = (cell: number) => cells[cell].result!.stages[0].folder;
    assert.equal(placeOf(2), placeOf(3));
    const startOf = async (cell: number) => {
      const record = `${task.out}/cells/${cells[cell].plan.id}/finetune/task.json`;
      return JSON.parse(await Deno.readTextFile(record)).task.start.from;
    };
    assert.deepEqual(await Promise.all([1, 3].map(startOf)), [null, `${task.out}/${placeOf(2)}`]);
    // Cells of earlier versions keep the pre-trainings in their own folders.
    await Deno.mkdir(`${task.out}/cells/${cells[3].plan.id}/pretrain`);
    const [own, shared] = await Promise.all(
      [planned[3], planned[2]].map((cell) => stagePlace(task.out!, cell.plan, "pretrain")),
    );
    assert.equal(own, `cells/${cells[3].plan.id}/pretrain`);
    assert.notEqual(shared, own);
    const { variants } = await readReport([task.out!]);
    assert.ok(
      variants.every(({ members: [{ figures }] }) => figures.some(({ name }) => name === "top1")),
    );
  },
});

Deno.test({
  name: "shards share a grid without overlap",
  ...LASTING,
  fn: async () => {
    const task = grid("shards");
    const one = await run(task, { shard: { index: 1, count: 2 } });
    const two = await run(task, { shard: { index: 2, count: 2 } });
    assert.deepEqual([startsOf(one.told).length, startsOf(two.told).length], [2, 2]);
    assert.ok(two.cells.every(({ result }) => result?.status === "done"));
    // Started at the same moment they write the same files, one after the other.
    const again = await Promise.all(Array.from({ length: 4 }, () => run(task)));
    for (const { told } of again) assert.equal(startsOf(told).length, 0);
    assert.deepEqual([tf.getBackend(), tf.memory().numTensors], ["cpu", 0]); // all is closed
  },
});

Deno.test({
  name: "impossible, double and failed cells end with a record that says so",
  ...LASTING,
  fn: async () => {
    const task = grid("faults", {
      seeds: [0],
      baseline: null,
      axes: {
        masking: {
          ...MASKS,
          "tube again": { "pretrain.masking": tube({ maskRatio: 0.75 }) },
          "no target": { "pretrain.masking": tube({ maskRatio: 0.01 }) },
        },
        rate: {
          usual: {},
          absurd: { "pretrain.optimizer.lr": 1e30 },
        },
      },
    });
    const { cells, failed, told } = await run(task);
    const of = (name: string) => cells.find(({ plan }) => plan.name === `${name} seed=0`)!;
    assert.equal(of("masking=random rate=usual").result!.status, "done");
    const double = of("masking=tube again rate=usual");
    assert.deepEqual(double.plan.skip, {
      kind: "duplicate",
      reason: "computes what masking=tube rate=usual seed=0 does",
      of: double.plan.id,
    });
    assert.equal(double.result!.status, "done");
    const impossible = of("masking=no target rate=usual");
    assert.equal(impossible.plan.skip!.kind, "impossible");
    assert.match(impossible.plan.skip!.reason, /must leave a target token, got 0.01/);
    assert.equal(impossible.result, null);
    assert.deepEqual(
      failed.map(({ plan }) => plan.name),
      ["masking=random rate=absurd seed=0", "masking=tube rate=absurd seed=0"],
    );
    for (const { plan, result } of failed) {
      assert.match(result!.reason!, /must be finite/);
      // Where it can be looked at, and what was spent on it.
      const [{ stage, folder: place }, ...more] = result!.stages;
      assert.deepEqual([stage, more], ["pretrain", []], plan.name);
      const { cost } = (await readRun(`${task.out}/${place}`))!;
      assert.ok(cost!.clips > 0 && cost!.multiplyAccumulates! > 0);
    }
    assert.ok(told.some((line) => /^Skipped \(impossible\): masking=no target/.test(line)));
    // Failed cells are tried again, and only they.
    assert.equal(startsOf((await run(task)).told).length, 2);
  },
});

Deno.test("equal cost gives cheaper cells more steps, and leaves the baseline as it is", async () => {
  const task = grid("unused", {
    seeds: [0],
    equalCost: "multiply-accumulates",
    pretrain: { ...pretrain, steps: 100 },
    axes: {
      masking: {
        tube: { "pretrain.masking": tube({ maskRatio: 0.75 }) },
        motion: { "pretrain.masking": motionCentric({ motionRatio: 0.7, maskRatio: 0.9 }) },
      },
    },
  });
  const [base, cheap] = await planCells(task, registry, null);
  assert.equal(base.tasks.pretrain!.steps, 100);
  const steps = cheap.tasks.pretrain!.steps!;
  assert.ok(steps > 120, `${steps}`);
  const total = ({ costs: { pretrain: cost } }: typeof base) =>
    cost!.steps * cost!.clipsPerStep * cost!.perClip;
  assert.ok(Math.abs(total(cheap) / total(base) - 1) < 0.01);
  const both = await planCells(
    { ...task, seeds: [0, 1], equalCost: "epochs and multiply-accumulates" },
    registry,
    null,
  );
  assert.deepEqual(
    both.map(({ plan: { levels, seed, at, skip }, tasks }) =>
      [seed, levels.masking, at, skip?.kind ?? tasks.pretrain!.steps].join(", ")
    ),
    [0, 1].flatMap((seed) => [
      `${seed}, tube, equal epochs, 100`,
      `${seed}, motion, equal epochs, 100`,
      `${seed}, tube, equal multiply-accumulates, duplicate`,
      `${seed}, motion, equal multiply-accumulates, ${steps}`,
    ]),
  );
});

Deno.test({
  name: "equal time measures the speed of each setting once, and sets the steps by it",
  ...LASTING,
  fn: async () => {
    const task = grid("timed", { equalCost: "time", pretrain: { ...pretrain, steps: 40 } });
    const unmeasured = await planCells(task, registry, null);
    assert.ok(unmeasured.every(({ tasks }) => tasks.pretrain!.steps === 40));
    const told: string[] = [];
    const stop = new AbortController();
    const { record } = await ablate(task, registry, {
      signal: stop.signal,
      output: recordingOutput((text) => {
        told.push(text);
        if (/^cell 1/.test(text)) stop.abort();
      }),
    });
    const timed = [...Deno.readDirSync(`${task.out}/timing`)];
    assert.equal(timed.length, 2); // one for each mask, whatever the seed
    const { pretrain: trained } = JSON.parse(
      await Deno.readTextFile(`${task.out}/ablation.json`),
    ).task;
    assert.equal(trained.steps, 40);
    assert.equal(record.cells.length, 4);
    assert.ok(record.cells.every(({ skip }) => skip === null));
  },
});

Deno.test("cells are the same whatever changes only how they run, and other ones otherwise", async () => {
  const ids = async (change: Partial<PretrainTask>) => {
    const cells = await planCells(
      grid("unused", { pretrain: { ...pretrain, ...change } }),
      registry,
      null,
    );
    return cells.map(({ plan }) => plan.id);
  };
  const usual = await ids({});
  assert.equal(new Set(usual).size, 4);
  assert.deepEqual(await ids({ name: "other", logEvery: 7, backend: "cpu" }), usual);
  assert.ok((await ids({ steps: 3 })).every((id) => !usual.includes(id)));
});

Deno.test("a cell older than a field is the cell that does the same", () => {
  const { precision: _, ...older } = pretrain;
  const idOf = (task: object) => cellId({ pretrain: task as PretrainTask }, registry);
  assert.equal(idOf(older), idOf({ ...older, precision: "f32" }));
  assert.notEqual(idOf(older), idOf({ ...older, precision: "f16" }));
  // So it is with the options of plugins.
  const { share: _share, labels: _labels, ...options } = annotations().options;
  const on = (dataset: object) => ({ ...pretrain, data: { ...pretrain.data, dataset } });
  assert.equal(idOf(on({ ...annotations(), options })), idOf(on(annotations())));
  assert.notEqual(idOf(on({ ...annotations(), options })), idOf(on(annotations({ share: 0.5 }))));
  // A pre-training that continues another one is another one; an earlier cell did not say.
  const start = { ...pretrain.start, from: "runs/other" };
  assert.notEqual(idOf(pretrain), idOf({ ...pretrain, start }));
});

Deno.test("grids that cannot be are refused", () => {
  const refused = (options: Partial<AblateOptions>, message: RegExp) =>
    assert.throws(() => grid("unused", options), message);
  refused({ axes: { masking: {} } }, /axis "masking" must have a level/);
  refused({ seeds: [] }, /seeds must be different whole numbers/);
  refused({ seeds: [1, 1] }, /seeds must be different/);
  refused({ baseline: { masking: "tub" } }, /baseline must name a level .*got "tub"; there are/);
  refused({ pretrain: null }, /must have a pre-training, a fine-tuning or a probe/);
  refused(
    { axes: { start: { "from scratch": { pretrain: null } } }, baseline: null },
    /"start" must leave out a pre-training before a fine-tuning/,
  );
  refused({ measure: { name: "top1", better: "higher" } }, /measure must be one of heldOutLoss/);
  refused(
    { axes: { rate: { a: { "pretrain.optimizer.lrr": 1 } as never } } },
    /"pretrain\.optimizer\.lrr".*did you mean "pretrain\.optimizer\.lr"/,
  );
  refused(
    { axes: { a: MASKS, b: { c: { "pretrain.masking": tube() } } }, baseline: null },
    /only one axis may change "pretrain\.masking"/,
  );
});
