import assert from "node:assert/strict";
import { allTokens, informationIntensive, motionCentricTokens } from "@videoms/masking";
import { checkTask, defineProbe, type ProbeOptions, type ProbeTask, readLog } from "@videoms/tasks";
import { headName } from "@videoms/data";
import { finetune } from "../../../tasks/runs/finetune/finetune.ts";
import { pretrain } from "../../../tasks/runs/pretrain/pretrain.ts";
import { describeTask } from "../../../tasks/runs/describe_task.ts";
import { probe } from "../../../tasks/runs/probe/probe.ts";
import { probeTable } from "../../../tasks/runs/probe/rated_heads.ts";
import {
  checkpointTensors,
  folder,
  registry,
  smallFinetune,
  smallTask,
  valuesOf,
} from "../small_task.ts";

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

const pretraining = smallTask("probe-pretrain", { steps: 2, epochs: 1 });
const finetuning = smallFinetune("probe-finetune", { steps: 2, epochs: 1 });
await pretrain(pretraining, registry);
await finetune(finetuning, registry);

/** A probe of 9 steps, 3 an epoch. */
function smallProbe(out: string, options: ProbeOptions = {}): ProbeTask {
  const { encoder, heads, evaluation, ...rest } = options;
  return defineProbe({
    name: "small",
    encoder: { from: pretraining.out!, ...encoder },
    heads: { rates: [1, 0.1], decays: [0.1], ...heads },
    data: { dataset: pretraining.data.dataset, samplingRate: 1 },
    evaluation: { every: 1, segments: 2, crops: 3, ...evaluation },
    epochs: 3,
    batch: 4,
    checkpointEvery: 1,
    logEvery: 1,
    backend: "wasm",
    out: `${folder}/${out}`,
    ...rest,
  });
}

Deno.test({
  name: "every head is trained, validated and rated, and the best is named",
  ...LASTING,
  fn: async () => {
    const task = smallProbe("whole-probe");
    const dry = await describeTask(task, registry);
    assert.match(dry, /heads +4\nparameters +[\d,]+\n/);
    assert.match(dry, /tokens of a clip +64: 64 kept, 0 dropped/);
    const { steps, stopped, rated, best } = await probe(task, registry);
    assert.deepEqual([steps, stopped], [9, false]);
    assert.deepEqual(
      rated!.heads.map(({ kind, rate }) => [kind, rate]),
      [["linear", 1], ["linear", 0.1], ["attentive", 1], ["attentive", 0.1]],
    );
    assert.deepEqual([rated!.videos, rated!.k], [4, 5]);
    assert.equal(best!.top1, Math.max(...rated!.heads.map(({ top1 }) => top1)));
    const lines = await readLog(`${task.out}/log.jsonl`);
    const events = Map.groupBy(lines, ({ event }) => event);
    assert.equal(events.get("step")!.length, 9);
    assert.equal(events.get("validation")!.length, 2); // the last epoch has the evaluation instead
    const values = valuesOf(events.get("evaluation")!.at(-1)!);
    for (const head of rated!.heads) {
      assert.equal(values[`${headName(head)}/top1`], head.top1);
      assert.equal(values[`${headName(head)}/top5`], head.topK);
      assert.equal(values[`${headName(head)}/loss`], head.loss);
    }
    assert.deepEqual([values.top1, values.loss], [best!.top1, best!.loss]);
    assert.deepEqual(await probe(task, registry), {
      steps,
      stopped,
      folder: task.out,
      rated,
      best,
    });
  },
});

Deno.test({
  name: "a run that was stopped ends as one that was not, and has each head as if it were alone",
  ...LASTING,
  fn: async () => {
    const whole = smallProbe("whole-of-two");
    await probe(whole, registry);
    const parts = smallProbe("two-parts");
    const stop = new AbortController();
    const watcher = setInterval(async () => {
      const lines = await readLog(`${parts.out}/log.jsonl`).catch(() => []);
      if (lines.some(({ step }) => step === 4)) stop.abort();
    }, 1);
    const first = await probe(parts, registry, { signal: stop.signal });
    clearInterval(watcher);
    assert.ok(first.stopped && first.rated === null && first.steps < 9);
    assert.equal((await probe(parts, registry)).steps, 9);
    const tensors = await checkpointTensors(whole, 9);
    assert.deepEqual(await checkpointTensors(parts, 9), tensors);

    const alone = smallProbe("alone", { heads: { kinds: ["attentive"], rates: [0.1] } });
    await probe(alone, registry);
    for (const [name, values] of await checkpointTensors(alone, 9)) {
      const beside = tensors.get(name.replace("heads.0.", "heads.3."))!;
      values.forEach((value, i) =>
        assert.ok(Math.abs(value - beside[i]) < 1e-4, `${name}: ${value}, ${beside[i]}`)
      );
    }
  },
});

Deno.test({
  name: "a run does not go on with another encoder",
  ...LASTING,
  fn: async () => {
    const source = smallTask("growing", { steps: 1, epochs: 1 });
    await pretrain(source, registry);
    const task = smallProbe("other-encoder", { encoder: { from: source.out! }, steps: 2 });
    await probe(task, registry);
    await pretrain(smallTask("growing", { steps: 2, epochs: 1 }), registry, { fresh: true });
    await assert.rejects(
      probe(task, registry),
      /the encoder must be the same, got .*step-00000002.safetensors in place of .*00000001/,
    );
    assert.equal((await probe(task, registry, { fresh: true })).steps, 2);
  },
});

Deno.test({
  name: "fine-tuned encoders, some tokens, chosen frames and micro-batches are probed too",
  ...LASTING,
  fn: async () => {
    const task = smallProbe("of-finetune", {
      encoder: { from: finetuning.out! },
      heads: { kinds: ["attentive"], attentiveHeads: 4, rates: [0.1] },
      frames: informationIntensive(),
      tokens: motionCentricTokens({ dropRatio: 0.5 }),
      batch: 2,
      accumulate: 2,
      steps: 2,
      evaluation: { segments: 1, crops: 1 },
    });
    const { rated } = await probe(task, registry);
    assert.equal(rated!.heads.length, 1);
    const wrong = smallProbe("wrong", { heads: { attentiveHeads: 5 }, tokens: allTokens() });
    await assert.rejects(probe(wrong, registry), /divide the encoder's width, got 5 and 24/);
    const absent = smallProbe("absent", { encoder: { from: `${folder}/absent/pretrain` } });
    await assert.rejects(probe(absent, registry), /Run `deno task pretrain` first/);
  },
});

Deno.test("a probe is checked whole", () => {
  const check = (options: ProbeOptions) => () => checkTask(defineProbe(options), registry);
  check({ data: { dataset: pretraining.data.dataset } })();
  assert.throws(check({ heads: { rates: [] } }), /heads.rates must be a list of numbers above 0/);
  assert.throws(check({ heads: { rates: [0] } }), /heads.rates must be .* got \[0\]/);
  assert.throws(check({ heads: { kinds: ["round" as "linear"] } }), /some of linear, attentive/);
  assert.throws(check({ optimizer: { clipGradient: 1 } }), /clipGradient must be null/);
  assert.throws(check({ optimizer: { emaDecay: 0.9 } }), /emaDecay must be null/);
});

Deno.test("the table marks the head that is right most often, then that with the least loss", () => {
  const head = {
    kind: "linear",
    rate: 0.1,
    decay: 0,
    topK: 1,
    k: 5,
    meanClass: 1,
    calibrationError: 0,
    videos: 4,
  } as const;
  const table = probeTable({
    k: 5,
    videos: 4,
    heads: [
      { ...head, top1: 0.5, loss: 1 },
      { ...head, top1: 0.75, loss: 2, rate: 0.01 },
      { ...head, top1: 0.75, loss: 0.5, kind: "attentive" },
    ],
  });
  assert.equal(
    table,
    `head       rate  decay    top-1     top-5    loss
linear      0.1      0  50.00 %  100.00 %  1.0000
linear     0.01      0  75.00 %  100.00 %  2.0000
attentive   0.1      0  75.00 %  100.00 %  0.5000  ← best`,
  );
});
