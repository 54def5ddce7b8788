import assert from "node:assert/strict";
import { allTokens, motionCentric, tube } from "@videoms/masking";
import { finetune } from "../../tasks/runs/finetune/finetune.ts";
import { pretrain } from "../../tasks/runs/pretrain/pretrain.ts";
import { isSkipped } from "../backends.ts";
import { registry, smallFinetune, smallTask, stepLines } from "./small_task.ts";

/** Reads of the GPU while a run is at work. */
async function readsDuring(run: () => Promise<unknown>): Promise<number> {
  const original = GPUBuffer.prototype.mapAsync;
  let reads = 0;
  GPUBuffer.prototype.mapAsync = function (...args) {
    reads++;
    return original.apply(this, args);
  };
  try {
    await run();
  } finally {
    GPUBuffer.prototype.mapAsync = original;
  }
  return reads;
}

/** Runs of one line of the log, at their end, within one epoch of 12 steps. */
const ONE_LINE = { batch: 1, logEvery: 100, backend: "webgpu" as const };

Deno.test({
  name: "pre-training reads nothing back between two lines of the log [webgpu]",
  ignore: isSkipped("webgpu"),
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    for (
      const masking of [
        tube({ maskRatio: 0.75 }),
        motionCentric({ motionRatio: 0.5, maskRatio: 0.75 }),
      ]
    ) {
      const readsOf = async (steps: number) => {
        const optimizer = { emaDecay: 0.9, clipGradient: 1 };
        const task = smallTask("reads", { ...ONE_LINE, masking, optimizer, steps });
        const reads = await readsDuring(() => pretrain(task, registry, { fresh: true }));
        const [line] = await stepLines(task.out!);
        assert.equal(line.step, steps);
        assert.ok(Number.isFinite(line.loss) && Number.isFinite(line.gradientNorm));
        return reads;
      };
      assert.equal(await readsOf(2), await readsOf(5), masking.name);
    }
  },
});

Deno.test({
  name: "fine-tuning reads nothing back between two lines of the log [webgpu]",
  ignore: isSkipped("webgpu"),
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const readsOf = async (steps: number) => {
      const task = smallFinetune("finetune-reads", { ...ONE_LINE, tokens: allTokens(), steps });
      const reads = await readsDuring(() => finetune(task, registry, { fresh: true }));
      const [line] = await stepLines(task.out!);
      assert.equal(line.step, steps);
      assert.ok((line.accuracy as number) >= 0 && (line.accuracy as number) <= 1);
      return reads;
    };
    assert.equal(await readsOf(2), await readsOf(5));
  },
});
