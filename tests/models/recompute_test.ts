import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  initialParameters,
  lossAndGradients,
  Parameters,
  randomStream,
  smoothedTargets,
  softmaxCrossEntropy,
} from "@videoms/core";
import { patchify, rotary, VideoClassifier } from "@videoms/models";
import { testOnBackends, valuesOf } from "../backends.ts";

const geometry = { frames: 4, tubeletSize: 2, imageSize: 16, patchSize: 4 };

/** Loss and gradients of one training step, and the bytes alive at the end of its forward pass. */
async function step(recompute: boolean): Promise<{ values: Float32Array[]; bytes: number }> {
  const encoder = {
    width: 24,
    depth: 4,
    heads: 3,
    dropPath: 0.5,
    layerScale: 0.5,
    qkNorm: true,
    mlp: "swiglu" as const,
    classToken: true,
    registers: 2,
    positions: rotary.create(rotary.defaults),
    recompute,
  };
  const model = new VideoClassifier({ geometry, encoder, classes: 3 });
  const parameters = new Parameters(model.specs, initialParameters(model.specs, 2));
  const random = randomStream(0, "pixels");
  const pixels = Uint8Array.from({ length: 2 * 4 * 16 * 16 * 3 }, () => random.integer(256));
  const index = Int32Array.from({ length: 2 * 32 }, (_, i) => i % 32);
  let bytes = 0;
  const before = tf.memory().numBytes;
  const { loss, gradients } = lossAndGradients(parameters, () => {
    const features = model.features(
      parameters,
      patchify(pixels, geometry),
      tf.tensor2d(index, [2, 32], "int32"),
      [randomStream(5, 0), randomStream(5, 1)],
    );
    const scores = model.classify(parameters, features);
    const loss = softmaxCrossEntropy(scores, smoothedTargets([0, 2], 3, 0.1));
    bytes = tf.memory().numBytes - before;
    return loss;
  });
  const values = await Promise.all([loss, ...gradients.values()].map(valuesOf));
  model.dispose();
  parameters.dispose();
  return { values, bytes };
}

testOnBackends("recomputed blocks train exactly as kept ones, in less memory", async () => {
  const kept = await step(false);
  const recomputed = await step(true);
  assert.deepEqual(recomputed.values, kept.values);
  assert.ok(kept.values.every((values) => values.every(Number.isFinite)));
  assert.ok(recomputed.bytes < kept.bytes / 3, `${recomputed.bytes} of ${kept.bytes} bytes`);
});
