import assert from "node:assert/strict";
import { memory } from "@tensorflow/tfjs-core";
import {
  type Descriptor,
  type Device,
  floatValues,
  openDevice,
  randomStream,
  readSafetensors,
} from "@videoms/core";
import { noAugmentation, standardAugmentation } from "@videoms/data";
import { type Checkpoints, Teaching, type TeachPlan } from "../../studio/page/teach/teaching.ts";
import type { TaughtClip } from "../../studio/page/teach/taught_clip.ts";
import { isHeldOut, savedName } from "../../studio/page/teach/taught_clip.ts";
import { registry } from "../tasks/small_task.ts";
import { smallTeachSettings } from "./teach_in_page.ts";

const NONE: Checkpoints = { pretrain: null, finetune: null };

/** A clip of noise. */
function noise(id: number, label: number): TaughtClip {
  const [frames, side] = [12, 32];
  const random = randomStream(3, "noise", id);
  const pixels = Uint8Array.from({ length: frames * side * side * 3 }, () => random.integer(256));
  const candidates = { pixels, frames, height: side, width: side };
  return { id, label, candidates, tested: pixels.slice(0, 8 * side * side * 3) };
}

const clips = Array.from({ length: 6 }, (_, i) => noise(i, i % 2));
const plan: TeachPlan = {
  classes: ["a", "b"],
  train: clips.slice(0, 4),
  heldOut: clips.slice(4),
  steps: { pretrain: 2, finetune: 3 },
};

Deno.test("teaching that stops and goes on from its files ends with the weights of one that does not", async () => {
  await using device = await openDevice({ backend: "wasm" });
  const context = { device, registry, settings: smallTeachSettings(), weights: null };
  const before = memory().numTensors;
  const teach = async (stops: boolean) => {
    let checkpoints = NONE;
    let teaching = await Teaching.open(context, plan, checkpoints);
    for (let isFinished = false; !isFinished;) {
      const report = await teaching.go(0);
      isFinished = report.isFinished;
      checkpoints = await teaching.save();
      if (!stops) continue;
      teaching[Symbol.dispose]();
      teaching = await Teaching.open(context, plan, checkpoints);
    }
    teaching[Symbol.dispose]();
    return checkpoints;
  };
  const [once, again] = [await teach(false), await teach(true)];
  for (const stage of ["pretrain", "finetune"] as const) {
    assert.deepEqual(again[stage], once[stage]);
    const { metadata } = readSafetensors(once[stage]!, stage);
    assert.equal(Number(metadata.step), plan.steps[stage]);
    assert.equal(JSON.parse(metadata.task).kind, stage);
  }
  assert.equal(memory().numTensors, before);
});

/** Weights after one step of fine-tuning with an augmentation. */
async function tunedWith(
  device: Device,
  augmentation: Descriptor<"augmentation">,
): Promise<Float32Array> {
  const settings = smallTeachSettings();
  const finetune = { ...settings.finetune, augmentation };
  const context = { device, registry, settings: { ...settings, finetune }, weights: null };
  const own = { ...plan, steps: { pretrain: 0, finetune: 1 } };
  const teaching = await Teaching.open(context, own, NONE);
  await teaching.go(0);
  const { finetune: bytes } = await teaching.save();
  teaching[Symbol.dispose]();
  return floatValues(readSafetensors(bytes!, "weights").tensors.get("patch_embed.proj.weight")!);
}

Deno.test("clips are cropped where a decoder would have done it", async () => {
  await using device = await openDevice({ backend: "wasm" });
  const options = { randAugment: "none", flip: 0, erase: 0, scale: [0.3, 0.5] as const };
  const fast = await tunedWith(device, standardAugmentation({ ...options, order: "fast" }));
  const late = await tunedWith(device, standardAugmentation({ ...options, order: "reference" }));
  const none = await tunedWith(device, noAugmentation());
  assert.deepEqual(fast, late);
  assert.notDeepEqual(fast, none);
});

Deno.test("of each class every fourth clip is held out, and stays so under the name it is saved by", () => {
  const held = [0, 1, 2, 3, 4, 5].filter((place) => isHeldOut(`clip ${place}.mp4`, place));
  assert.deepEqual(held, [1, 5]);
  const saved = savedName({ id: 7, name: "my clip.mp4", isHeldOut: true });
  assert.equal(saved, "held-out-7-my_clip.mp4");
  assert.ok(isHeldOut(saved, 0));
  assert.equal(savedName({ id: 9, name: saved, isHeldOut: true }), "held-out-9-my_clip.mp4");
  assert.ok(!isHeldOut(savedName({ id: 8, name: "a.mp4", isHeldOut: false }), 1));
});
