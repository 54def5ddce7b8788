import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { AdamW, type Device, initialParameters, Parameters, randomStream } from "@videoms/core";
import { type MaskingStrategy, motionCentric, uniform } from "@videoms/masking";
import { MaskedAutoencoder, pixels } from "@videoms/models";
import { pretrainStep } from "@videoms/studio/train";
import { autoencoderOf } from "../../tasks/runs/network/model_options.ts";
import { registry, smallTask } from "./small_task.ts";

/** Steps until every buffer and bind group has been met once. */
const WARM_UP = 20;

/** Fails unless steps of training on a GPU leave tensors, buffers and pipelines as they were. */
export async function soak(device: Device, steps: number): Promise<void> {
  const task = smallTask("soak");
  const model = new MaskedAutoencoder(autoencoderOf(task));
  const parameters = new Parameters(model.specs, initialParameters(model.specs, 0));
  const optimizer = new AdamW(device, parameters);
  const context = {
    model,
    parameters,
    strategy: motionCentric.create({
      ...motionCentric.defaults,
      motionRatio: 0.5,
      maskRatio: 0.75,
    }) as MaskingStrategy,
    selector: registry.create(uniform()) as never,
    device,
    optimizer,
    objective: pixels.create(pixels.defaults),
    teacher: null,
  };
  const batch = 2;
  const { frames, imageSize } = model.options.geometry;
  const bytes = batch * frames * imageSize ** 2 * 3;
  const state = () => ({
    ...device.queue!.counts(),
    dispatches: 0,
    bindGroups: 0,
    tensors: tf.memory().numTensors,
  });
  let before = state();
  let warm = device.queue!.counts();
  for (let step = 0; step < steps; step++) {
    if (step === WARM_UP) [before, warm] = [state(), device.queue!.counts()];
    const random = randomStream(1, "pixels", step);
    const { loss } = await pretrainStep(context, {
      pixels: Uint8Array.from({ length: bytes }, (_, i) => (i * (step + 3) + 7 * (i >> 5)) % 251),
      batch,
    }, {
      learningRate: 1e-3 / (step + 1),
      weightDecay: 0.05,
      clipGradient: 1,
      microBatches: 1,
      random: Array.from({ length: batch }, (_, b) => random.child(b)),
    });
    loss.dispose();
    if (step % 8 === 0) await device.settle();
  }
  const all = device.queue!.counts();
  const dispatches = all.dispatches - warm.dispatches;
  const bindGroups = all.bindGroups - warm.bindGroups;
  assert.deepEqual(state(), before);
  // Buffers change places now and then; nearly every dispatch finds its bind group all the same.
  assert.ok(
    bindGroups < 0.05 * dispatches,
    `${bindGroups} bind groups in ${dispatches} dispatches`,
  );
  assert.equal((await optimizer.status()).failure, null);
  optimizer.dispose();
  parameters.dispose();
  model.dispose();
}
