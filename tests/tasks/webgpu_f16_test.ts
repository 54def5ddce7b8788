import assert from "node:assert/strict";
import { tube } from "@videoms/masking";
import { pretrain } from "../../tasks/runs/pretrain/pretrain.ts";
import { passes } from "../../core/testing/comparison.ts";
import { readGoldenCases } from "../../tasks/commands/verify/verify.ts";
import { verifyCase } from "../../tasks/commands/verify/verify_case.ts";
import { isHalfSkipped, testInHalf } from "../backends.ts";
import { registry, smallTask, stepLines } from "./small_task.ts";
import { soak } from "./soak.ts";

for (const golden of await readGoldenCases()) {
  testInHalf(`${golden.name} gives the numbers of the PyTorch implementation`, async (device) => {
    const misses = (await verifyCase(golden, device)).filter((one) => !passes(one));
    assert.deepEqual(misses, []);
  });
}

testInHalf(
  "100 steps leave tensors, buffers and pipelines as they were",
  (device) => soak(device, 100),
);

const STEPS = 50;

/** Losses of a run that does not look at what it sees for its tokens, step by step. */
async function losses(precision: "f32" | "f16"): Promise<number[]> {
  const task = smallTask(`curve-${precision}`, {
    backend: "webgpu",
    precision,
    steps: STEPS,
    masking: tube({ maskRatio: 0.75 }),
    optimizer: { warmupSteps: 5, warmupEpochs: 0, lr: 0.5 },
    checkpointEvery: STEPS,
  });
  await pretrain(task, registry);
  const lines = await stepLines(task.out!);
  for (const line of lines) {
    assert.equal(line.lossScale, precision === "f16" ? 2 ** 15 : undefined);
    assert.equal(line.overflows, precision === "f16" ? 0 : undefined);
  }
  return lines.map(({ loss }) => Number(loss));
}

Deno.test({
  name: `${STEPS} steps in half precision follow those in float32 [webgpu, half precision]`,
  ignore: isHalfSkipped,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const [full, half] = [await losses("f32"), await losses("f16")];
    assert.equal(full.length, STEPS);
    assert.ok(full[STEPS - 1] < 0.9 * full[0], `${full[0]} to ${full[STEPS - 1]}`);
    const off = full.map((loss, step) => Math.abs(half[step] - loss) / loss);
    const worst = Math.max(...off);
    assert.ok(worst > 0, "they are not the same run");
    assert.ok(worst < 1e-3, `${worst} of the loss`);
  },
});
