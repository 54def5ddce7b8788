import assert from "node:assert/strict";
import { stepsPerEpoch } from "@videoms/data";
import hmdb51Finetune from "../../../tasks/hmdb51/finetune.ts";
import hmdb51Pretrain from "../../../tasks/hmdb51/pretrain.ts";
import type { RunTask } from "../../../tasks/definition/run_task.ts";
import { ratesAt, type RunSchedule, runSchedule } from "@videoms/studio/train";
import ucf101Finetune from "../../../tasks/ucf101/finetune.ts";
import ucf101Pretrain from "../../../tasks/ucf101/pretrain.ts";

/** Training videos of split 1. */
const VIDEOS = { ucf101: 9537, hmdb51: 3570 };

function scheduleOf(
  task: Pick<RunTask, "optimizer" | "epochs" | "steps" | "batch" | "accumulate">,
  videos: number,
): RunSchedule {
  return runSchedule(task, stepsPerEpoch(videos, task.batch * task.accumulate, "shuffled"));
}

const published = [
  { task: ucf101Pretrain, videos: VIDEOS.ucf101, perEpoch: 49, steps: 156_800, warmup: 1960 },
  { task: hmdb51Pretrain, videos: VIDEOS.hmdb51, perEpoch: 18, steps: 86_400, warmup: 720 },
  { task: ucf101Finetune, videos: VIDEOS.ucf101, perEpoch: 74, steps: 7400, warmup: 370 },
  { task: hmdb51Finetune, videos: VIDEOS.hmdb51, perEpoch: 27, steps: 1350, warmup: 135 },
];

Deno.test("the published tasks run as long as the published runs, at their rates", () => {
  for (const { task, videos, perEpoch, steps, warmup } of published) {
    const schedule = scheduleOf(task, videos);
    assert.equal(schedule.stepsPerEpoch, perEpoch, task.name);
    assert.equal(schedule.steps, steps, task.name);
    const [peak, least] = task.kind === "pretrain" ? [7.5e-4, 7.5e-6] : [5e-4, 5e-7];
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
