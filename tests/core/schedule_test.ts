import assert from "node:assert/strict";
import { cosineAt, type CosineSchedule, scaledRate } from "@videoms/core";

const recorded: Record<string, number[]> = JSON.parse(
  await Deno.readTextFile(new URL("../golden/schedules.json", import.meta.url)),
);

function close(schedule: CosineSchedule, values: number[]): void {
  values.forEach((value, step) => {
    const here = cosineAt(schedule, step);
    assert.ok(Math.abs(here - value) <= 1e-12, `step ${step}: ${here} and ${value}`);
  });
}

Deno.test("schedules equal the recorded ones of the PyTorch implementation", () => {
  const rate = { base: 1e-3, final: 1e-5, steps: 24 };
  close({ ...rate, warmupSteps: 8 }, recorded["lr_warmup2_of_6x4"]);
  close({ ...rate, warmupSteps: 3 }, recorded["lr_warmup_steps3_of_6x4"]);
  close({ base: 0.05, final: 0.2, steps: 15 }, recorded["wd_0.05_to_0.2_5x3"]);
  close({ base: 0.05, final: 0.05, steps: 15 }, recorded["constant_0.05_5x3"]);
});

Deno.test("a run of four epochs of three steps has the published rates", () => {
  const schedule = { base: 1, final: 0.1, steps: 12, warmupSteps: 3 };
  // deno-fmt-ignore
  const published = [
    0, 0.5, 1, 1, 0.972862, 0.89472, 0.775, 0.628142, 0.471858, 0.325, 0.20528, 0.127138,
  ];
  published.forEach((value, step) => {
    assert.ok(Math.abs(cosineAt(schedule, step) - value) < 5e-7, `step ${step}`);
  });
});

Deno.test("the schedule of the UCF101 recipe", () => {
  const schedule = {
    base: scaledRate(1e-3, 192),
    final: scaledRate(1e-5, 192),
    steps: 3200 * 49,
    warmupSteps: 40 * 49,
  };
  const close = (step: number, value: number) =>
    assert.ok(Math.abs(cosineAt(schedule, step) / value - 1) < 1e-8, `step ${step}`);
  assert.equal(cosineAt(schedule, 0), 0);
  close(1, 3.82848392e-7);
  close(1959, 7.5e-4);
  close(1960, 7.5e-4);
  close(156_799, 7.500000076413448e-6);
});

Deno.test("a warm-up of one step has the start value; one longer than the run is refused", () => {
  const schedule = { base: 1, final: 0, steps: 4, warmupSteps: 1, warmupStart: 0.25 };
  assert.equal(cosineAt(schedule, 0), 0.25);
  assert.throws(
    () => cosineAt({ ...schedule, warmupSteps: 5 }, 0),
    /must not be longer than the run/,
  );
});
