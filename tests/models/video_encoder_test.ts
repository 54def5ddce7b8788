import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  type HostTensors,
  initialParameters,
  Parameters,
  type ParameterSpec,
  randomStream,
  tidy,
} from "@videoms/core";
import {
  type EncoderNetwork,
  fromPyTorch,
  MaskedAutoencoder,
  patchify,
  planEncoderWeights,
  type PyTorchTensor,
  toPyTorch,
  VideoClassifier,
  VideoEncoder,
} from "@videoms/models";
import { testOnBackends, valuesOf } from "../backends.ts";

const geometry = { frames: 4, tubeletSize: 2, imageSize: 8, patchSize: 4 };
const encoder = { width: 12, depth: 2, heads: 3 };
const kept = [[0, 3, 5], [1, 2, 7]];

function pixels(): Uint8Array {
  const random = randomStream(4, "pixels");
  return Uint8Array.from({ length: 2 * 4 * 8 * 8 * 3 }, () => random.integer(256));
}

/** Weights of a network that is far from fresh: no norm is the identity, no bias zero. */
function trained(specs: readonly ParameterSpec[]): HostTensors {
  return new Map([...initialParameters(specs, 1)].map(([name, values]) => {
    const random = randomStream(2, name);
    return [name, values.map((value) => value + 0.1 * random.normal())];
  }));
}

function checkpointOf(
  { specs }: { specs: readonly ParameterSpec[] },
  network: EncoderNetwork,
): Map<string, PyTorchTensor> {
  return toPyTorch(specs, trained(specs), geometry, network);
}

/** Features [B, K, D] and [B, D] of an encoder out of a checkpoint. */
async function features(
  checkpoint: Map<string, PyTorchTensor>,
  network: EncoderNetwork,
): Promise<{ tokens: Float32Array; pooled: Float32Array }> {
  const model = new VideoEncoder({ geometry, encoder, network });
  const { sources } = planEncoderWeights(checkpoint, model);
  const values = fromPyTorch(model.specs, checkpoint, geometry, network);
  assert.equal(sources.size, values.size);
  const parameters = new Parameters(model.specs, values);
  const made = tidy(() => {
    const index = tf.tensor2d(kept, undefined, "int32");
    return model.features(parameters, patchify(pixels(), geometry), index);
  });
  parameters.dispose();
  model.dispose();
  return { tokens: await valuesOf(made.tokens), pooled: await valuesOf(made.pooled) };
}

testOnBackends("features of a pre-trained encoder are those that its decoder sees", async () => {
  const model = new MaskedAutoencoder({
    geometry,
    encoder,
    decoder: { width: 8, depth: 1, heads: 2 },
  });
  const parameters = new Parameters(model.specs, trained(model.specs));
  const seen = tidy(() => {
    const index = tf.tensor2d(kept, undefined, "int32");
    return model.encode(parameters, patchify(pixels(), geometry), index);
  });
  const { tokens, pooled } = await features(checkpointOf(model, "pretrain"), "pretrain");
  assert.deepEqual(tokens, await valuesOf(seen));
  const { width } = encoder;
  pooled.forEach((value, i) => {
    const [clip, channel] = [Math.floor(i / width), i % width];
    const column = [0, 1, 2].map((k) => tokens[(clip * 3 + k) * width + channel]);
    assert.ok(Math.abs(value - column.reduce((a, b) => a + b) / 3) < 1e-6);
  });
  parameters.dispose();
  model.dispose();
});

testOnBackends("features of a fine-tuned encoder are those that its head sees", async () => {
  const model = new VideoClassifier({ geometry, encoder, classes: 3 });
  const parameters = new Parameters(model.specs, trained(model.specs));
  const seen = tidy(() => {
    const index = tf.tensor2d(kept, undefined, "int32");
    return model.features(parameters, patchify(pixels(), geometry), index);
  });
  const { pooled } = await features(checkpointOf(model, "classifier"), "classifier");
  assert.deepEqual(pooled, await valuesOf(seen));
  parameters.dispose();
  model.dispose();
});

testOnBackends("an encoder takes all of itself, and only what is explained is left", () => {
  const autoencoder = new MaskedAutoencoder({ geometry, encoder, decoder: encoder });
  const classifier = new VideoClassifier({ geometry, encoder, classes: 3 });
  const pretrained = checkpointOf(autoencoder, "pretrain");
  const finetuned = checkpointOf(classifier, "classifier");
  const fromPretrained = new VideoEncoder({ geometry, encoder, network: "pretrain" });
  const fromFinetuned = new VideoEncoder({ geometry, encoder, network: "classifier" });

  const { report } = planEncoderWeights(finetuned, fromFinetuned);
  assert.deepEqual(report.missing, []);
  assert.equal(
    report.explain,
    `loaded: 30 of the encoder's 30 tensors
ignored: head.weight [3,12], head.bias [3] (features are taken before the head)`,
  );
  assert.match(
    planEncoderWeights(pretrained, fromPretrained).report.explain,
    /for pre-training only/,
  );

  // Each kind of checkpoint has a norm that the other kind of encoder lacks.
  assert.throws(
    () => planEncoderWeights(pretrained, fromFinetuned),
    /missing, got "fc_norm.weight" \[12\], "fc_norm.bias" \[12\]$/,
  );
  assert.throws(
    () => planEncoderWeights(finetuned, fromPretrained),
    /missing, got "norm.weight" \[12\], "norm.bias" \[12\]$/,
  );
  pretrained.set("surprise", { shape: [1], values: new Float32Array(1) });
  assert.throws(
    () => planEncoderWeights(pretrained, fromPretrained),
    /the encoder must know every tensor, got "surprise" \[1\]$/,
  );
  for (const model of [autoencoder, classifier, fromPretrained, fromFinetuned]) model.dispose();
}, ["cpu"]);
