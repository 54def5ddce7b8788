import assert from "node:assert/strict";
import { multiBlock, several } from "@videoms/masking";
import { latent } from "@videoms/models";
import { type PretrainOptions, type PretrainTask, readLog } from "@videoms/tasks";
import { pretrain } from "../../../tasks/runs/pretrain/pretrain.ts";
import { checkpointTensors, registry, smallTask, stepLines, valuesOf } from "../small_task.ts";

const LASTING = { sanitizeOps: false, sanitizeResources: false };

/** Latent prediction as V-JEPA has it: two masks of blocks for each clip, a teacher that comes to rest. */
const OPTIONS: PretrainOptions = {
  masking: several({
    masks: [multiBlock({ area: 0.15 }), multiBlock({ area: 0.7, maskRatio: 0.9 })],
  }),
  objective: latent({ distance: "l1" }),
  optimizer: { emaDecay: 0.7, emaDecayEnd: 1, lr: 1e-2 },
  epochs: 2,
};

/** Lines that tell of an evaluation, with their numbers by name. */
async function evaluationsOf(task: PretrainTask): Promise<Record<string, number>[]> {
  const lines = await readLog(`${task.out}/log.jsonl`);
  return lines.filter(({ event }) => event === "evaluation").map(valuesOf);
}

Deno.test({
  name:
    "a run of latent prediction logs its teacher's decay and what its targets are, and resumes exactly",
  ...LASTING,
  fn: async () => {
    const whole = smallTask("latent-whole", OPTIONS);
    await pretrain(whole, registry);
    const decays = (await stepLines(whole.out!)).map(({ emaDecay }) => emaDecay as number);
    const expected = Array.from({ length: 6 }, (_, step) => 0.7 + step * 0.3 / 6);
    decays.forEach((decay, i) => assert.ok(Math.abs(decay - expected[i]) < 1e-12, `${decays}`));
    const evaluations = await evaluationsOf(whole);
    assert.ok(evaluations.length >= 2);
    for (const { targetRank, targetStd } of evaluations) {
      assert.ok(targetRank >= 1 && targetRank < 24 && targetStd > 0 && targetStd <= 1);
    }
    const cut = smallTask("latent-cut", OPTIONS);
    const stop = new AbortController();
    const watch = setInterval(async () => {
      if ((await stepLines(cut.out!).catch(() => [])).length >= 2) stop.abort();
    }, 1);
    const first = await pretrain(cut, registry, { signal: stop.signal });
    clearInterval(watch);
    assert.ok(first.stopped && first.steps >= 2 && first.steps < 6, `${first.steps}`);
    await pretrain(cut, registry);
    assert.deepEqual(await checkpointTensors(cut, 6), await checkpointTensors(whole, 6));
  },
});

Deno.test("runs without a schedule log no decay, those of pixels no targets", LASTING, async () => {
  const task = smallTask("pixels", { optimizer: { emaDecay: 0.9 }, steps: 1 });
  await pretrain(task, registry);
  const [line] = await stepLines(task.out!);
  assert.equal(line.emaDecay, undefined);
  const [evaluation] = await evaluationsOf(task);
  assert.deepEqual([evaluation.targetRank, evaluation.targetStd], [undefined, undefined]);
});

Deno.test("a teacher whose features collapse is warned of", LASTING, async () => {
  // With no decay the teacher is the encoder itself, and a great rate drives it where all tokens look alike.
  const task = smallTask("collapsing", {
    ...OPTIONS,
    optimizer: { emaDecay: 0, lr: 10, minLr: 10, warmupEpochs: 0 },
    epochs: 8,
  });
  await pretrain(task, registry);
  const warnings = (await readLog(`${task.out}/log.jsonl`)).filter(({ event }) =>
    event === "warning"
  );
  const told = warnings.find(({ warning }) => /^the features to be predicted/.test(`${warning}`));
  assert.ok(told, JSON.stringify(await evaluationsOf(task)));
});
