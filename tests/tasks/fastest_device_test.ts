import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  type Candidate,
  candidatesHere,
  fastestDevice,
  stepSizes,
} from "../../tasks/runs/network/fastest_device.ts";
import { isSkipped } from "../backends.ts";
import { folder, smallFinetune, smallTask } from "./small_task.ts";

/** What a device leaves behind belongs to the process. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

const CPU: Candidate = { name: "the CPU", options: { backend: "wasm" } };

/** A software GPU, which no run takes by itself. */
const GPU: Candidate = { name: "the GPU", options: { backend: "webgpu" } };

const BROKEN: Candidate = {
  name: "no GPU",
  options: { backend: "webgpu", adapter: "no such GPU" },
};

Deno.test({
  name: "a step is timed on each device once, and the fastest is taken and told [webgpu]",
  ignore: isSkipped("webgpu"),
  ...LASTING,
  async fn() {
    const file = `${folder}/times/step-times.json`;
    const task = smallTask("timed");
    const told: string[] = [];
    const options = { candidates: [CPU, GPU], file, tell: (text: string) => void told.push(text) };
    const before = tf.memory().numTensors;
    const choice = await fastestDevice(task, options);
    assert.equal(tf.memory().numTensors, before);
    const written = await Deno.readTextFile(file);
    const [times] = Object.values(JSON.parse(written)) as Record<string, number>[];
    const fastest = times["the CPU"] < times["the GPU"] ? CPU : GPU;
    assert.equal(choice, fastest.options);
    assert.match(
      told.join("\n"),
      /^auto: a step of one block takes [\d.e+]+ ms on [^,]+, [\d.e+]+ ms on .+$/,
    );
    assert.equal(await fastestDevice(task, options), choice);
    assert.equal(await Deno.readTextFile(file), written); // nothing was timed again
    assert.equal(told.length, 2);
  },
});

Deno.test({
  name: "the device that was fastest is taken again, and a device that fails is passed over",
  ...LASTING,
  async fn() {
    const file = `${folder}/known.json`;
    const task = smallTask("known");
    const key = `${Object.values(stepSizes(task)).join("x")} f32`;
    await Deno.writeTextFile(file, JSON.stringify({ [key]: { "the CPU": 3, "the GPU": 2 } }));
    const told: string[] = [];
    const tell = (text: string) => void told.push(text);
    const choice = await fastestDevice(task, { candidates: [CPU, GPU, BROKEN], file, tell });
    assert.equal(choice, GPU.options);
    assert.match(told[0], /^Not timed on no GPU: Cannot run on webgpu/);
    assert.equal(told[1], "auto: a step of one block takes 2.00 ms on the GPU, 3.00 ms on the CPU");
  },
});

Deno.test({
  name: "one device is taken untimed, and software ones are none",
  ...LASTING,
  async fn() {
    const tell = () => assert.fail("nothing is timed");
    const task = smallTask("alone");
    assert.equal(await fastestDevice(task, { candidates: [CPU], tell }), CPU.options);
    assert.equal(await fastestDevice(task, { candidates: [], tell }), null);
    const here = await candidatesHere({ precision: "f32" });
    assert.equal(here[0].options.backend, "wasm");
    assert.ok(here.every(({ name }) => !/llvmpipe/.test(name)));
  },
});

Deno.test("the timed step has the sizes of the task's own", () => {
  const pretrain = stepSizes(smallTask("sizes"));
  const finetune = stepSizes(smallFinetune("sizes"));
  assert.ok(pretrain.tokens < finetune.tokens);
  assert.equal(finetune.width, pretrain.width);
});
