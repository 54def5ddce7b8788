import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { prepareVideos } from "@videoms/data";
import { type FinetuneTask } from "@videoms/tasks";
import { runCommandLine } from "../../tasks/commands/line/run_command_line.ts";
import { command } from "../../tasks/commands/predict_command.ts";
import { evaluate } from "../../tasks/evaluation/evaluate/evaluate.ts";
import { extract } from "../../tasks/evaluation/extract/extract.ts";
import { openClassifier } from "../../tasks/runs/classifier/trained_classifier.ts";
import { openEncoder } from "../../tasks/runs/encoder/frozen_encoder.ts";
import { finetune } from "../../tasks/runs/finetune/finetune.ts";
import { isHalfSkipped } from "../backends.ts";
import { recordingOutput } from "./recording_output.ts";
import { folder, registry, smallFinetune } from "./small_task.ts";

/** ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

const SHORT = { steps: 1, epochs: 1, batch: 2, evaluation: { segments: 1, crops: 1 } } as const;

/** What the record of an evaluation says of the device and of what scores depend on. */
async function evaluationOf(
  task: FinetuneTask,
  options: Parameters<typeof evaluate>[2] = {},
): Promise<{ device: string; settings: string }> {
  const output = recordingOutput();
  const { folder, scores } = await evaluate(task.out!, registry, { ...options, output });
  const { device } = JSON.parse(await Deno.readTextFile(`${folder}/evaluation.json`));
  return { device, settings: JSON.stringify(scores.facts.settings) };
}

Deno.test({
  name:
    "what a run has trained is evaluated on the backend of its task, unless it is to be another",
  ...LASTING,
  async fn() {
    const task = smallFinetune("on-cpu", { ...SHORT, backend: "cpu" });
    await finetune(task, registry, { output: recordingOutput() });
    const before = tf.memory().numTensors;
    assert.match((await evaluationOf(task)).device, /^cpu: /);
    const other = { backend: "wasm", fresh: true } as const;
    assert.match((await evaluationOf(task, other)).device, /^wasm: /);
    {
      await using encoder = await openEncoder(task.out!, registry);
      assert.equal(encoder.device.backend, "cpu");
    }
    const output = recordingOutput();
    const out = `${folder}/features`;
    await extract(registry, { from: task.out!, out, backend: "wasm", output });
    assert.match(output.errors[0], /^wasm: /);
    assert.equal(tf.memory().numTensors, before);
    assert.equal(tf.getBackend(), "cpu"); // nothing else is open
  },
});

Deno.test({
  name:
    "what was trained in half precision is evaluated in it, and not mixed with float32 [webgpu]",
  ...LASTING,
  ignore: isHalfSkipped,
  async fn() {
    const task = smallFinetune("in-half", { ...SHORT, backend: "webgpu", precision: "f16" });
    const composed = { ...task, out: `${task.out}-not`, model: { ...task.model, qkNorm: true } };
    for (const [one, isTold] of [[task, false], [composed, true]] as const) {
      const output = recordingOutput();
      await finetune(one, registry, { output });
      assert.equal(output.errors.some((line) => /in float32, not in half/.test(line)), isTold);
    }
    {
      await using classifier = await openClassifier(task.out!, registry);
      assert.equal(classifier.device.precision, "f16");
    }
    const half = await evaluationOf(task);
    assert.match(half.device, /half precision/);
    assert.match(half.settings, /"precision":"f16"/);
    await assert.rejects(evaluationOf(task, { precision: "f32" }), /precision/);
    const single = await evaluationOf(task, { precision: "f32", fresh: true });
    assert.doesNotMatch(single.device + single.settings, /half|precision/);
  },
});

Deno.test({
  name: "predict takes the weights that evaluate takes",
  ...LASTING,
  async fn() {
    const task = smallFinetune("averaged", {
      ...SHORT,
      optimizer: { emaDecay: 0.5 },
      evaluation: { ...SHORT.evaluation, weights: "last-average" },
    });
    await finetune(task, registry, { output: recordingOutput() });
    {
      await using classifier = await openClassifier(task.out!, registry);
      assert.equal(classifier.weights, "last-average");
    }
    // A run that lacks them, which only weights of its task's choice tell.
    const plain = smallFinetune("not-averaged", SHORT);
    await finetune(plain, registry, { output: recordingOutput() });
    const file = `${plain.out}/task.json`;
    const saved = JSON.parse(await Deno.readTextFile(file));
    saved.task.evaluation.weights = "last-average";
    saved.task.optimizer.emaDecay = 0.5;
    await Deno.writeTextFile(file, JSON.stringify(saved));
    const output = recordingOutput();
    const program = { name: "deno task", summary: "", commands: { predict: command } };
    const host = { output, debug: false, signal: new AbortController().signal };
    const { heldOut: [{ record: { path: video } }] } = await prepareVideos(plain, registry);
    const line = ["predict", video, "--run", plain.out!];
    assert.equal(await runCommandLine(program, line, host), 1);
    assert.match(output.errors.join(""), /must hold averaged weights, got none/);
    const code = await runCommandLine(program, [...line, "--weights", "last"], host);
    assert.equal(code, 0, output.errors.join(""));
  },
});
