import { localRanks } from "@videoms/core";
import {
  annotations,
  type LabelledVideo,
  mix,
  type MixedSet,
  osccShapes,
  prepareVideos,
  shapes,
} from "@videoms/data";
import { type FrameSelector, informationIntensive, several, tube, uniform } from "@videoms/masking";
import {
  centreView,
  evaluationViews,
  type VideoSelector,
  videoSelector,
} from "@videoms/studio/views";
import type { LogEntry, PretrainOptions } from "@videoms/tasks";
import { readLog } from "@videoms/tasks";
import assert from "node:assert/strict";
import { pathsOfFile, taskWithPaths } from "../../../tasks/definition/task_paths.ts";
import { readReport } from "../../../tasks/compare/report/read_report.ts";
import { reportPage } from "../../../tasks/compare/report/report_page.ts";
import { figureTable } from "../../../tasks/compare/report/result_tables.ts";
import { lookAtClip } from "../../../tasks/evaluation/look/look_at_clip.ts";
import { patchSource } from "../../../tasks/evaluation/look/look_source.ts";
import { describeTask } from "../../../tasks/runs/describe_task.ts";
import { finetune } from "../../../tasks/runs/finetune/finetune.ts";
import { pretrain } from "../../../tasks/runs/pretrain/pretrain.ts";
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

const common = { size: 32, frames: 16, dir: `${folder}/shapes` };

const first: MixedSet = {
  ...{ dataset: shapes({ videos: 12, heldOut: 4, ...common }), name: "slow" },
  ...{ weight: 3, samplingRate: 2 },
};

const second: MixedSet = {
  ...{ dataset: shapes({ videos: 8, heldOut: 4, seed: 1, ...common }), name: "quick" },
  ...{ fps: 8, frames: uniform() },
};

const dataset = mix({ sets: [first, second] });

/** A run on clips of 4 frames of 16 × 16 pixels, three of the first set for one of the second. */
function mixedTask(out: string, options: PretrainOptions = {}) {
  return smallTask(out, {
    ...options,
    model: { width: 12, depth: 1, imageSize: 16, frames: 4, ...options.model },
    data: { dataset, samplingRate: 1, heldOutClips: 8, ...options.data },
    optimizer: { lr: 0.01 },
  });
}

const sumOf = (lines: readonly LogEntry[], name: string) =>
  lines.reduce((sum, line) => sum + Number(line[name]), 0);

Deno.test({
  name:
    "mix: 3 : 1 over 400 steps has its shares, is resumed bit for bit, and its report has the losses of each set",
  ...LASTING,
  fn: async () => {
    const options = { batch: 2, steps: 400, logEvery: 10, checkpointEvery: 10 };
    const whole = mixedTask("mixed", options);
    await pretrain(whole, registry);
    const lines = await stepLines(whole.out!);
    assert.equal(lines.length, 40);
    const share = sumOf(lines, "share/slow") / lines.length;
    assert.ok(Math.abs(share - 0.75) < 0.01, `${share}`);
    assert.ok(Math.abs(sumOf(lines, "share/quick") / lines.length - 0.25) < 0.01);
    for (const line of lines) {
      const parts = ["slow", "quick"].map((set) =>
        Number(line[`share/${set}`]) * Number(line[`loss/${set}`])
      );
      assert.ok(Math.abs(parts[0] + parts[1] - Number(line.loss)) < 1e-5 * Number(line.loss));
    }

    const stopped = mixedTask("mixed-stopped", options);
    const stop = new AbortController();
    const watch = setInterval(async () => {
      const lines = await stepLines(stopped.out!).catch(() => []);
      if (lines.length >= 12) stop.abort();
    }, 1);
    const start = await pretrain(stopped, registry, { signal: stop.signal });
    clearInterval(watch);
    assert.ok(start.stopped && start.steps >= 120 && start.steps < 400, `${start.steps}`);
    await pretrain(stopped, registry);
    assert.deepEqual(await checkpointTensors(stopped, 400), await checkpointTensors(whole, 400));
    const lossesOf = async (task: typeof whole) =>
      (await stepLines(task.out!)).map(({ step, lastLoss }) => [step, lastLoss]);
    assert.deepEqual(await lossesOf(stopped), await lossesOf(whole));

    const evaluations = (await readLog(`${whole.out}/log.jsonl`))
      .filter(({ event }) => event === "evaluation").map(valuesOf);
    assert.ok(evaluations.length > 2);
    for (const { loss, "loss/slow": slow, "loss/quick": quick } of evaluations) {
      assert.ok(Math.abs((slow + quick) / 2 - loss) < 1e-6 * loss, "as many clips of each set");
    }
    const data = await readReport([whole.out!]);
    const { head, rows } = figureTable(data.variants);
    const [slow, quick] = ["loss of slow", "loss of quick"].map((name) => head.indexOf(name));
    assert.ok(slow > 0 && quick > 0, head.join(", "));
    assert.ok(rows.some((row) => Number(row[slow]) > 0 && Number(row[quick]) > 0));
    const page = String(await reportPage(data));
    assert.match(page, /loss of slow \(pre-training, training steps\)/);
    assert.match(page, /loss of quick \(pre-training, evaluation, held-out videos\)/);
  },
});

Deno.test({
  name: "mix: with several masks, micro-batches and ranks the losses of sets make up the loss",
  ...LASTING,
  fn: async () => {
    const options = {
      ...{ masking: several({ masks: [tube(), tube({ maskRatio: 0.5 })] }) },
      ...{ batch: 2, accumulate: 2, steps: 3 },
    };
    const alone = mixedTask("mixed-alone", options);
    await pretrain(alone, registry);
    const shared = mixedTask("mixed-ranks", options);
    await Promise.all(localRanks(2).map((ranks) => pretrain(shared, registry, { ranks })));
    const [own, ofRanks] = [await stepLines(alone.out!), await stepLines(shared.out!)];
    assert.equal(own.length, 3);
    own.forEach((line, i) => {
      for (const name of ["loss", "loss/slow", "loss/quick"]) {
        assert.ok(
          Math.abs(Number(line[name]) - Number(ofRanks[i][name])) < 1e-5 * Number(line[name]),
          `${name}: ${line[name]} and on ranks ${ofRanks[i][name]}`,
        );
      }
      assert.deepEqual(line["share/slow"], 0.75);
      const parts = 0.75 * Number(line["loss/slow"]) + 0.25 * Number(line["loss/quick"]);
      assert.ok(Math.abs(parts - Number(line.loss)) < 1e-5 * parts);
    });
  },
});

Deno.test({
  name:
    "mix: a classifier is trained on sets of one class list, and refused others before anything is made",
  ...LASTING,
  fn: async () => {
    const task = smallFinetune("mixed-classes", { data: { dataset }, steps: 2 });
    const { validation } = await finetune(task, registry);
    assert.ok(validation);
    const lines = await stepLines(task.out!);
    for (const line of lines) {
      assert.equal(line["share/slow"], 0.75);
      const parts = 0.75 * Number(line["loss/slow"]) + 0.25 * Number(line["loss/quick"]);
      assert.ok(Math.abs(parts - Number(line.loss)) < 1e-5 * parts, JSON.stringify(line));
    }
    const log = await readLog(`${task.out}/log.jsonl`);
    const logged = valuesOf(log.findLast(({ event }) => event === "validation")!);
    const { loss, "loss/slow": slow, "loss/quick": quick } = logged;
    assert.ok(Math.abs((slow + quick) / 2 - loss) < 1e-6 * loss, "as many videos of each set");
    const { head } = figureTable((await readReport([task.out!])).variants);
    assert.ok(head.includes("loss of slow") && head.includes("loss of quick"), head.join());

    // Labels are shared out to sets with their clips, whatever is predicted, and those of mixed clips too.
    const sets = [first, second].map((set) => ({
      ...set,
      dataset: shapes({ ...set.dataset.options, targets: "attributes" }),
    }));
    for (
      const [name, more] of Object.entries({
        labels: { data: { dataset: mix({ sets }) } },
        mixup: { data: { dataset }, mix: { mixup: 0.8 }, accumulate: 2, batch: 2 },
      })
    ) {
      const other = smallFinetune(`mixed-${name}`, { ...more, steps: 1 });
      await finetune(other, registry);
      const [line] = await stepLines(other.out!);
      const parts = 0.75 * Number(line["loss/slow"]) + 0.25 * Number(line["loss/quick"]);
      assert.ok(Math.abs(parts - Number(line.loss)) < 1e-5 * parts, JSON.stringify(line));
    }
    const other = osccShapes({ videos: 2, heldOut: 0, dir: `${folder}/never` });
    const apart = mix({ sets: [first, { dataset: other }] });
    const refused = smallFinetune("mixed-apart", { data: { dataset: apart } });
    const message =
      /Cannot train a classifier on a mix of data sets: all must have the same classes, got 10 of slow \(.*\), 2 of oscc-shapes \(no state change, state change\)/;
    await assert.rejects(finetune(refused, registry), message);
    await assert.rejects(describeTask(refused, registry), message);
    assert.match(
      await describeTask(mixedTask("mixed-dry", { data: { dataset: apart } }), registry),
      /data +slow \(75 %, sampling rate 2\): 12 videos/,
    );
  },
});

Deno.test({
  name: "mix: evaluations, features and looks take frames as the video's set has them",
  ...LASTING,
  fn: async () => {
    const task = mixedTask("mixed-views");
    const { heldOut: [slow, quick] } = await prepareVideos(task, registry);
    assert.deepEqual([slow.set!.name, quick.set!.name], ["slow", "quick"]);
    const selectors = videoSelector(registry, task, registry.create<FrameSelector>(task.frames));
    const own = registry.create<FrameSelector>(uniform());
    const framesOf = (selector: VideoSelector, video: LabelledVideo) => ({
      centre: centreView(task, selector)(video).map(({ frames }) => [...frames]),
      views: evaluationViews(task, selector, { segments: 2, crops: 1 })(video)
        .map(({ frames }) => [...frames]),
    });
    assert.deepEqual(framesOf(selectors, quick), framesOf(own, quick));
    assert.deepEqual(framesOf(selectors, slow), framesOf(selectors(slow), slow));
    assert.notDeepEqual(framesOf(selectors, quick), framesOf(selectors(slow), quick));
    await using source = await patchSource(task, { backend: "wasm" });
    const looked = await lookAtClip(quick, { source, registry, strategies: [], epochs: 1 });
    assert.deepEqual([[...looked.candidates]], framesOf(own, quick).centre);
  },
});

Deno.test("mix: a set's selector of two stages is refused, and paths of sets start at the task file", async () => {
  const narrowing = mix({ sets: [first, { ...second, frames: informationIntensive() }] });
  const task = mixedTask("mixed-narrowing");
  await assert.rejects(
    pretrain({ ...task, data: { ...task.data, dataset: narrowing } }, registry),
    /frame selectors of the task and of set "quick" must choose as many frames in one stage each/,
  );
  const lists = mix({
    sets: [{ dataset: annotations({ train: "a.txt" }), name: "mine" }, { dataset: shapes() }],
  });
  const { data } = taskWithPaths(
    { ...task, data: { ...task.data, dataset: lists } },
    pathsOfFile("/data/mine/task.ts"),
    registry,
  );
  const [mine, rendered] = data.dataset.options.sets as unknown as MixedSet[];
  assert.deepEqual([mine.name, mine.dataset.options.train], ["mine", "/data/mine/a.txt"]);
  assert.deepEqual(rendered, { dataset: shapes() });
});
