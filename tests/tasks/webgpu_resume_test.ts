import assert from "node:assert/strict";
import { readSafetensors } from "@videoms/core";
import { pretrain } from "../../tasks/runs/pretrain/pretrain.ts";
import { isHalfSkipped, isSkipped, TEST_GPU } from "../backends.ts";
import { checkpointTensors, registry, smallTask, stepLines } from "./small_task.ts";

/** Difference of two tensors over the length of one. */
function relativeError(a: Float32Array, b: Float32Array): number {
  const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares(a.map((value, i) => value - b[i])) / (squares(a) || 1));
}

/** Runs in half precision: their sums are rounded alike, so they end as near to each other. */
const PRECISIONS = [["f32", isSkipped("webgpu")], ["f16", isHalfSkipped]] as const;

for (const [precision, ignore] of PRECISIONS) {
  Deno.test({
    name: `a run on a GPU that is stopped in mid-epoch ends where it would have [${precision}]`,
    ignore,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const options = {
        backend: "webgpu",
        gpu: TEST_GPU,
        precision,
        steps: 4,
        batch: 2,
        accumulate: 2,
        optimizer: { emaDecay: 0.9, emaDecayEnd: 1, warmupSteps: 1 },
        model: { dropPath: 0.2 },
      } as const;
      const whole = smallTask(`webgpu-whole-${precision}`, options);
      await pretrain(whole, registry);
      const cut = smallTask(`webgpu-cut-${precision}`, options);
      const stop = new AbortController();
      const watch = setInterval(async () => {
        if ((await stepLines(cut.out!).catch(() => [])).length >= 1) stop.abort();
      }, 5);
      const { steps } = await pretrain(cut, registry, { signal: stop.signal });
      clearInterval(watch);
      assert.ok(steps < 4, `${steps}`);
      await pretrain(cut, registry);
      const expected = await checkpointTensors(whole, 4);
      for (const [name, values] of await checkpointTensors(cut, 4)) {
        const error = relativeError(expected.get(name)!, values);
        assert.ok(error < 1e-5, `${name}: ${error}`);
      }
      const file = `${cut.out}/checkpoints/step-00000004.safetensors`;
      const { metadata } = readSafetensors(await Deno.readFile(file), file);
      assert.deepEqual(
        JSON.parse(metadata.loss_scale ?? "null"),
        precision === "f16" ? { scale: 2 ** 15, goodSteps: 4, overflows: 0 } : null,
        "the scale has counted the steps of both processes",
      );
    },
  });
}
