import assert from "node:assert/strict";
import { learned, linearDecay, lion, stableDecay } from "@videoms/models";
import { pretrain } from "../../../tasks/runs/pretrain/pretrain.ts";
import { registry, smallTask, stepLines } from "../small_task.ts";

const rounded = (rate: number) => Number(rate.toPrecision(3));

/** The learning rates of a run's steps. */
async function ratesOf(out: string): Promise<number[]> {
  return (await stepLines(out)).map((line) => rounded(line.learningRate as number));
}

Deno.test({
  name: "a run of longer and larger clips cools down what another one has learned",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const model = { positions: learned() };
    const optimizer = { method: lion(), lr: 1e-2, minLr: 1e-4, warmupEpochs: 0 };
    const schedule = stableDecay({ decay: 0.2, shape: "linear" });
    const first = smallTask("stable", {
      model,
      optimizer: { ...optimizer, schedule },
      epochs: 1,
    });
    await pretrain(first, registry);
    const [base, final] = [1e-2 * 4 / 256, 1e-4 * 4 / 256];
    assert.deepEqual(await ratesOf(first.out!), new Array(3).fill(rounded(base)));
    const cool = smallTask("cool", {
      model: { ...model, frames: 16, imageSize: 48 },
      optimizer: { ...optimizer, schedule: linearDecay() },
      start: { from: first.out! },
      epochs: 1,
    });
    await pretrain(cool, registry);
    const expected = [0, 1, 2].map((step) => rounded(base - (base - final) * step / 3));
    assert.deepEqual(await ratesOf(cool.out!), expected);
    const { start } = JSON.parse(await Deno.readTextFile(`${cool.out}/task.json`));
    assert.deepEqual([start.missing, start.unused], [[], []]);
  },
});
