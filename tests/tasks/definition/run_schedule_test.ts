import assert from "node:assert/strict";
import { stepsPerEpoch } from "@videoms/data";
import hmdb51Finetune from "../../../tasks/hmdb51/finetune.ts";
import hmdb51Pretrain from "../../../tasks/hmdb51/pretrain.ts";
import kinetics400Finetune from "../../../tasks/kinetics400/finetune.ts";
import kinetics400Pretrain from "../../../tasks/kinetics400/pretrain.ts";
import ssv2Finetune from "../../../tasks/ssv2/finetune.ts";
import ssv2Pretrain from "../../../tasks/ssv2/pretrain.ts";
import type { RunTask } from "../../../tasks/definition/run_task.ts";
import { ratesAt, type RunSchedule, runSchedule } from "@videoms/studio/train";
import { defineFinetune, definePretrain } from "@videoms/tasks";
import ucf101Finetune from "../../../tasks/ucf101/finetune.ts";
import ucf101Pretrain from "../../../tasks/ucf101/pretrain.ts";

/** Training videos, of split 1 where there are several; Kinetics-400 loses some every year. */
const VIDEOS = { ucf101: 9537, hmdb51: 3570, ssv2: 168_913, kinetics400: 240_000 };

function scheduleOf(
  task: Pick<RunTask, "optimizer" | "epochs" | "steps" | "batch" | "accumulate">,
  videos: number,
): RunSchedule {
  return runSchedule(task, stepsPerEpoch(videos, task.batch * task.accumulate, "shuffled"));
}

const PRETRAIN = { peak: 7.5e-4, least: 7.5e-6 };
const FINETUNE = { peak: 5e-4, least: 5e-7 };

const published = [
  {
    task: ucf101Pretrain,
    videos: VIDEOS.ucf101,
    perEpoch: 49,
    steps: 156_800,
    warmup: 1960,
    ...PRETRAIN,
  },
  {
    task: hmdb51Pretrain,
    videos: VIDEOS.hmdb51,
    perEpoch: 18,
    steps: 86_400,
    warmup: 720,
    ...PRETRAIN,
  },
  {
    task: ucf101Finetune,
    videos: VIDEOS.ucf101,
    perEpoch: 74,
    steps: 7400,
    warmup: 370,
    ...FINETUNE,
  },
  {
    task: hmdb51Finetune,
    videos: VIDEOS.hmdb51,
    perEpoch: 27,
    steps: 1350,
    warmup: 135,
    ...FINETUNE,
  },
  // VideoMAE's runs on these sets.
  {
    task: ssv2Pretrain,
    videos: VIDEOS.ssv2,
    perEpoch: 82,
    steps: 65_600,
    warmup: 3280,
    peak: 1.2e-3,
    least: 8e-5,
  },
  {
    task: ssv2Finetune,
    videos: VIDEOS.ssv2,
    perEpoch: 329,
    steps: 16_450,
    warmup: 1645,
    peak: 1e-3,
    least: 2e-6,
  },
  {
    task: kinetics400Pretrain,
    videos: VIDEOS.kinetics400,
    perEpoch: 117,
    steps: 93_600,
    warmup: 4680,
    peak: 1.2e-3,
    least: 8e-5,
  },
  {
    task: kinetics400Finetune,
    videos: VIDEOS.kinetics400,
    perEpoch: 468,
    steps: 46_800,
    warmup: 2340,
    peak: 2e-3,
    least: 2e-6,
  },
];

Deno.test("the published tasks run as long as the published runs, at their rates", () => {
  for (const { task, videos, perEpoch, steps, warmup, peak, least } of published) {
    const schedule = scheduleOf(task, videos);
    assert.equal(schedule.stepsPerEpoch, perEpoch, task.name);
    assert.equal(schedule.steps, steps, task.name);
    const at = (step: number) => ratesAt(schedule, step).learningRate;
    const close = (value: number, expected: number) =>
      assert.ok(Math.abs(value / expected - 1) < 1e-9, `${task.name}: ${value}`);
    assert.equal(at(0), 0);
    close(at(1), peak / (warmup - 1));
    close(at(warmup - 1), peak);
    close(at(warmup), peak);
    assert.ok(at(steps - 1) > least && at(steps - 1) < 1.01 * least);
    for (const step of [0, warmup, steps - 1]) {
      assert.equal(ratesAt(schedule, step).weightDecay, 0.05);
    }
  }
});

Deno.test("the decay of the average goes to its end in a straight line, as V-JEPA's", () => {
  const optimizer = { emaDecay: 0.998, emaDecayEnd: 1 };
  const options = { optimizer: { ...optimizer, warmupSteps: 1 }, steps: 8 };
  const decays = (task: RunTask) =>
    [0, 1, 4, 7].map((step) => ratesAt(scheduleOf(task, 4096), step).emaDecay);
  const near = (values: (number | undefined)[], expected: number[]) =>
    values.forEach((value, i) => assert.ok(Math.abs(value! - expected[i]) < 1e-12, `${value}`));
  near(decays(definePretrain(options)), [0.998, 0.99825, 0.999, 0.99975]);
  const constant = { ...options, optimizer: { emaDecay: 0.9, warmupSteps: 1 } };
  near(decays(definePretrain(constant)), [0.9, 0.9, 0.9, 0.9]);
  near(decays(defineFinetune({ ...options, epochs: 5 })), [0.998, 0.99825, 0.999, 0.99975]);
  const none = decays(definePretrain({ optimizer: { warmupSteps: 1 }, steps: 8 }));
  assert.deepEqual(none, [undefined, undefined, undefined, undefined]);
  // A task of a version that knew no end.
  const { emaDecayEnd: _, ...earlier } = definePretrain(constant).optimizer;
  const before = { ...definePretrain(constant), optimizer: earlier };
  near(decays(before as unknown as RunTask), [0.9, 0.9, 0.9, 0.9]);
});
