import assert from "node:assert/strict";
import { pretrain } from "../../tasks/pretrain/pretrain.ts";
import { isSkipped } from "../backends.ts";
import { checkpointTensors, registry, smallTask, stepLines } from "./small_task.ts";

/** Difference of two tensors over the length of one. */
function relativeError(a: Float32Array, b: Float32Array): number {
  const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares(a.map((value, i) => value - b[i])) / (squares(a) || 1));
}

Deno.test({
  name: "a run on a GPU that is stopped in mid-epoch ends where it would have [webgpu]",
  ignore: isSkipped("webgpu"),
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const options = {
      backend: "webgpu",
      steps: 4,
      batch: 2,
      accumulate: 2,
      optimizer: { emaDecay: 0.9, warmupSteps: 1 },
      model: { dropPath: 0.2 },
    } as const;
    const whole = smallTask("webgpu-whole", options);
    await pretrain(whole, registry);
    const cut = smallTask("webgpu-cut", options);
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
  },
});
