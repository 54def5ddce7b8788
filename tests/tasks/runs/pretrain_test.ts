import assert from "node:assert/strict";
import { motionCentric, tube } from "@videoms/masking";
import { readSafetensors } from "@videoms/core";
import { CheckpointStore } from "@videoms/data/files";
import { type PretrainOptions, type PretrainTask, readLog } from "@videoms/tasks";
import { describeTask } from "../../../tasks/runs/describe_task.ts";
import { pretrain } from "../../../tasks/runs/pretrain/pretrain.ts";
import type { ResumeNote } from "../../../tasks/runs/checkpoint/resume_note.ts";
import { isSkipped } from "../../backends.ts";
import { checkpointTensors, folder, registry, smallTask, stepLines } from "../small_task.ts";

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

async function lossesOf(task: PretrainTask): Promise<number[]> {
  await pretrain(task, registry, { fresh: true });
  return (await stepLines(task.out!)).map(({ loss }) => loss as number);
}

Deno.test({
  name: "a run learns, and leaves its task, log, checkpoints and pictures",
  ...LASTING,
  fn: async () => {
    const task = smallTask("whole", {
      optimizer: { emaDecay: 0.8 },
      epochs: 6,
      keepCheckpoints: 2,
    });
    const result = await pretrain(task, registry);
    assert.deepEqual([result.steps, result.stopped], [18, false]);
    const lines = await stepLines(task.out!);
    assert.deepEqual(lines.map(({ step }) => step), Array.from({ length: 18 }, (_, i) => i + 1));
    const losses = lines.map(({ loss }) => loss as number);
    assert.ok(losses.at(-1)! < losses[0] - 0.02, `${losses}`);
    assert.ok(result.loss! < losses[0] && result.averageLoss! < losses[0]);
    // Nothing is left behind by a step: neither tensors on the device nor their names.
    assert.equal(new Set(lines.slice(1).map(({ liveTensors }) => liveTensors)).size, 1);
    const saved = JSON.parse(await Deno.readTextFile(`${task.out}/task.json`));
    assert.deepEqual(saved.task, JSON.parse(JSON.stringify(task)));
    const weights = await checkpointTensors(task, 18);
    assert.ok(weights.has("encoder.blocks.1.attn.qkv.weight"));
    assert.ok(weights.has("average.mask_token") && weights.has("optimizer.second.mask_token"));
    const kept = [...Deno.readDirSync(`${task.out}/checkpoints`)].map(({ name }) => name);
    const newest = JSON.parse(
      await Deno.readTextFile(`${task.out}/checkpoints/step-00000018.json`),
    );
    const { best, position, counts, versions } = newest.info;
    const steps = [...new Set([15, 18, best.step])].sort((a, b) => a - b);
    assert.deepEqual(
      kept.filter((name) => name.endsWith(".safetensors")).sort(),
      steps.map((step) => `step-${String(step).padStart(8, "0")}.safetensors`),
    );
    assert.deepEqual(position, { epoch: 6, step: 0 });
    assert.deepEqual(counts, { clips: 72, replaced: 0, skipped: 0, damaged: {} });
    assert.equal(versions.deno, Deno.version.deno);
    const picture = await Deno.readFile(`${task.out}/pictures/step-00000018.png`);
    assert.deepEqual([...picture.subarray(1, 4)], [...new TextEncoder().encode("PNG")]);
  },
});

Deno.test({
  name: "a run that was stopped in mid-epoch and resumed ends with the very same weights",
  ...LASTING,
  fn: async () => {
    const options: PretrainOptions = {
      batch: 2,
      accumulate: 2,
      model: { dropPath: 0.3 },
      optimizer: { emaDecay: 0.9, clipGradient: 0.5 },
      epochs: 4,
      checkpointEvery: 4,
    };
    const whole = smallTask("uninterrupted", options);
    await pretrain(whole, registry);
    const stopped = smallTask("interrupted", options);
    const stop = new AbortController();
    const watch = setInterval(async () => {
      const lines = await stepLines(stopped.out!).catch(() => []);
      if (lines.length >= 4) stop.abort();
    }, 1);
    const first = await pretrain(stopped, registry, { signal: stop.signal });
    clearInterval(watch);
    assert.ok(first.stopped && first.steps >= 4 && first.steps < 12, `${first.steps}`);
    const second = await pretrain(stopped, registry);
    assert.equal(second.steps, 12);
    assert.deepEqual(await checkpointTensors(stopped, 12), await checkpointTensors(whole, 12));
    const losses = async (task: PretrainTask) =>
      (await stepLines(task.out!)).map(({ step, lastLoss }) => [step, lastLoss]);
    assert.deepEqual(await losses(stopped), await losses(whole));
  },
});

Deno.test({
  name: "neither the number of decoding processes nor accumulation changes the losses",
  ...LASTING,
  fn: async () => {
    const one = await lossesOf(smallTask("one", { data: { workers: 1, prefetch: 1 } }));
    const three = await lossesOf(smallTask("three", { data: { workers: 3, prefetch: 4 } }));
    assert.deepEqual(one, three);
    const parts = await lossesOf(smallTask("parts", { batch: 1, accumulate: 4 }));
    one.forEach((loss, i) => assert.ok(Math.abs(loss - parts[i]) < 2e-4, `${loss} ${parts[i]}`));
  },
});

Deno.test({
  name: "runs have the losses of the CPU engine [webgpu]",
  ignore: isSkipped("webgpu"),
  ...LASTING,
  fn: async () => {
    for (const masking of [motionCentric({ motionRatio: 0.5, maskRatio: 0.75 }), tube()]) {
      const onBackend = (backend: "wasm" | "webgpu") =>
        lossesOf(smallTask(`on-${backend}`, { masking, backend, steps: 3 }));
      const expected = await onBackend("wasm");
      const computed = await onBackend("webgpu");
      assert.equal(computed.length, 3);
      computed.forEach((loss, i) => assert.ok(Math.abs(loss - expected[i]) < 1e-3));
    }
  },
});

Deno.test("a dry run tells what would run, where, and makes nothing", LASTING, async () => {
  const task = smallTask("dry", {
    data: { dataset: { kind: "dataset", name: "shapes", options: { dir: `${folder}/unmade` } } },
  });
  const text = await describeTask({ ...task, backend: "cpu" }, registry);
  const tokens = "16 visible, 16 targets, 32 dropped";
  for (const expected of ["parameters", tokens, "to be rendered", /^device +cpu: /m]) {
    assert.match(text, new RegExp(expected, "m"));
  }
  await assert.rejects(
    describeTask({ ...task, backend: "webgpu", adapter: "no such GPU" }, registry),
    /^Error: Cannot run on webgpu: .*[^.]\. The task asks for backend "webgpu"; --backend auto/,
  );
  await assert.rejects(Deno.stat(`${folder}/unmade`), Deno.errors.NotFound);
  await assert.rejects(Deno.stat(task.out!), Deno.errors.NotFound);
});

Deno.test({
  name: "a loss that is not finite stops the run, and leaves what helps to find the reason",
  ...LASTING,
  fn: async () => {
    const task = smallTask("diverged", {
      masking: tube(),
      optimizer: { lr: 1e9, warmupEpochs: 0 },
    });
    await assert.rejects(
      pretrain(task, registry),
      /Cannot train: the (loss|gradient norm) of step \d+ must be finite, got .*diagnostic/,
    );
    const lines = await readLog(`${task.out}/log.jsonl`);
    const { clips, step } = lines.find(({ event }) => event === "non-finite")!;
    assert.equal((clips as string[]).length, 4);
    const { checkpoint } = await new CheckpointStore(`${task.out}/diagnostic`).find();
    const info = checkpoint!.info as { failure: Record<string, unknown>; lastLines: unknown[] };
    assert.deepEqual([checkpoint!.step, info.failure.clips], [step, clips]);
    assert.deepEqual(info.lastLines.at(-1), lines.find(({ event }) => event === "non-finite"));
    const { tensors, metadata } = readSafetensors(checkpoint!.bytes);
    assert.ok(tensors.has("optimizer.second.mask_token"));
    assert.equal(Number(metadata.step), step);
  },
});

Deno.test({
  name: "steps that are not finite are skipped as often as the task allows, over all processes",
  ...LASTING,
  fn: async () => {
    const options: PretrainOptions = {
      masking: tube(),
      optimizer: { lr: 1e9, warmupEpochs: 0 },
      checkpointEvery: 1,
    };
    const one = smallTask("skipped", { ...options, skipNonFinite: 2 });
    await assert.rejects(pretrain(one, registry), /got .*, after 2 steps were skipped/);
    const events = (await readLog(`${one.out}/log.jsonl`)).map(({ event }) => event)
      .filter((event) => event === "skipped" || event === "non-finite");
    assert.deepEqual(events, ["skipped", "skipped", "non-finite"]);
    const whole = await pretrain({ ...one, skipNonFinite: 9 }, registry);
    assert.equal(whole.steps, 9);
    const { checkpoint } = await new CheckpointStore(`${one.out}/checkpoints`).find();
    const { counts: { skipped } } = checkpoint!.info as unknown as ResumeNote;
    const done = Number(readSafetensors(checkpoint!.bytes).metadata.step);
    assert.equal(done + skipped, 9);
  },
});
