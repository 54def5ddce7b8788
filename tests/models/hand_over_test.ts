import assert from "node:assert/strict";
import { initialParameters } from "@videoms/core";
import {
  handOver,
  type HandOverModel,
  maskedAutoencoderSpecs,
  MODEL_SIZES,
  planHandOver,
  pytorchName,
  pytorchShape,
  type PyTorchTensor,
  toPyTorch,
  videoClassifierSpecs,
} from "@videoms/models";

const geometry = { frames: 4, tubeletSize: 2, imageSize: 8, patchSize: 4 };
const encoder = { width: 12, depth: 2, heads: 3 };
const pretrained = maskedAutoencoderSpecs({
  geometry,
  encoder,
  decoder: { width: 8, depth: 1, heads: 2 },
});
const weights = initialParameters(pretrained, 3);

function classifier(classes = 3, more: object = {}): HandOverModel {
  const options = { geometry, encoder: { ...encoder, ...more }, classes };
  return { specs: videoClassifierSpecs(options), options };
}

function checkpoint(): Map<string, PyTorchTensor> {
  return toPyTorch(pretrained, weights, geometry, "pretrain");
}

/** A checkpoint with other names. */
function renamed(rename: (name: string) => string): Map<string, PyTorchTensor> {
  return new Map([...checkpoint()].map(([name, tensor]) => [rename(name), tensor]));
}

const names = (tensors: readonly { name: string }[]) => tensors.map(({ name }) => name);

Deno.test("a base network of depth 12 + 4 hands over all but 4 tensors, and leaves 60", () => {
  const { decoderWidth, decoderHeads, ...base } = MODEL_SIZES.base;
  const clip = { frames: 16, tubeletSize: 2, imageSize: 224, patchSize: 16 };
  const specs = maskedAutoencoderSpecs({
    geometry: clip,
    encoder: base,
    decoder: { width: decoderWidth, depth: 4, heads: decoderHeads },
  });
  const shapes = new Map(
    specs.map((spec) => [pytorchName(spec.name, "pretrain"), { shape: pytorchShape(spec, clip) }]),
  );
  const options = { geometry: clip, encoder: base, classes: 101 };
  const model = { specs: videoClassifierSpecs(options), options };
  const { report } = planHandOver(shapes, model);
  assert.deepEqual(names(report.missing), [
    "fc_norm.weight",
    "fc_norm.bias",
    "head.weight",
    "head.bias",
  ]);
  assert.equal(report.unused.length, 60);
  assert.equal(report.used.length, 218 - 60);
  assert.deepEqual(report.reshaped, []);
  const started = planHandOver(shapes, model, { initNormFromEncoder: true }).report;
  assert.deepEqual(names(started.missing), ["head.weight", "head.bias"]);
  assert.equal(started.unused.length, 58);
});

Deno.test("the encoder arrives unchanged, under each prefix", () => {
  for (
    const stored of [
      checkpoint(),
      renamed((name) => `module.${name}`),
      renamed((name) => name.replace(/^encoder\./, "backbone.")),
      renamed((name) => name.replace(/^encoder\./, "")),
    ]
  ) {
    const { values } = handOver(stored, classifier());
    assert.ok(values.size > 0);
    for (const [name, tensor] of values) assert.deepEqual(tensor, weights.get(name), name);
    assert.ok(!values.has("headNorm.scale") && !values.has("head.weight"));
  }
});

Deno.test("the head's norm starts from the encoder's if that is asked for", () => {
  const stored = checkpoint();
  const scale = Float32Array.from({ length: 12 }, (_, i) => i);
  stored.set("encoder.norm.weight", { shape: [12], values: scale });
  const { values } = handOver(stored, classifier(), { initNormFromEncoder: true });
  assert.deepEqual(values.get("headNorm.scale"), scale);
  stored.delete("encoder.norm.weight");
  assert.throws(
    () => handOver(stored, classifier(), { initNormFromEncoder: true }),
    /needs the encoder's final norm, got "no norm.weight"/,
  );
});

Deno.test("a classifier hands its head to the same classes only", () => {
  const { specs } = classifier(5);
  const trained = toPyTorch(specs, initialParameters(specs, 1), geometry, "classifier");
  const same = handOver(trained, classifier(5));
  assert.equal(same.values.size, specs.length);
  assert.deepEqual([same.report.missing, same.report.unused], [[], []]);
  const { values, report } = handOver(trained, classifier(4));
  assert.deepEqual(report.reshaped, ["head.weight", "head.bias"]);
  assert.deepEqual(names(report.missing), ["head.weight", "head.bias"]);
  assert.ok(values.has("headNorm.scale"));
  assert.match(report.explain, /a head for other classes/);
});

Deno.test("averaged weights are taken if they are asked for and there", () => {
  const average = initialParameters(pretrained, 9);
  const stored = checkpoint();
  assert.throws(
    () => handOver(stored, classifier(), { average: true }),
    /must hold an average of its weights, got none/,
  );
  for (const [name, tensor] of checkpoint()) stored.set(`optimizer.first.${name}`, tensor);
  for (const [name, tensor] of toPyTorch(pretrained, average, geometry, "pretrain")) {
    stored.set(`average.${name}`, tensor);
  }
  const query = "encoder.blocks.1.attention.qkvWeight";
  const last = handOver(stored, classifier());
  assert.deepEqual(last.values.get(query), weights.get(query));
  const averaged = handOver(stored, classifier(), { average: true });
  assert.deepEqual(averaged.values.get(query), average.get(query));
  for (const { report } of [last, averaged]) {
    assert.equal(report.used.length + report.unused.length, stored.size);
    assert.match(report.explain, /optimiser starts afresh/);
  }
});

Deno.test("what no rule explains is refused by name", () => {
  const missing = checkpoint();
  missing.delete("encoder.blocks.1.attn.q_bias");
  assert.throws(() => handOver(missing, classifier()), /missing, got "blocks.1.attn.q_bias"$/);

  const unknown = checkpoint();
  unknown.set("encoder.pos_embed", { shape: [1], values: new Float32Array(1) });
  assert.throws(
    () => handOver(unknown, classifier()),
    /know every tensor, got "encoder.pos_embed"$/,
  );
  assert.throws(() => handOver(checkpoint(), classifier(3, { depth: 1 })), /"encoder.blocks.1/);
  assert.throws(() => handOver(checkpoint(), classifier(3, { layerScale: 0.1 })), /gamma_1/);

  assert.throws(
    () => handOver(checkpoint(), classifier(3, { width: 24 })),
    /shapes .*"patch_embed.proj.weight \[12,3,2,4,4\] for \[24,3,2,4,4\]".* and \d+ more/,
  );

  const twice = checkpoint();
  twice.set("mask_token", twice.get("mask_token")!);
  twice.set("norm.bias", twice.get("encoder.norm.bias")!);
  assert.throws(() => handOver(twice, classifier()), /stored once, got "encoder.norm.bias", "norm/);
});

Deno.test("the report reads as a few lines", () => {
  assert.equal(
    handOver(checkpoint(), classifier()).report.explain,
    `taken:  28 of the classifier's 32 tensors
fresh:  fc_norm.weight, fc_norm.bias, head.weight, head.bias (pre-training has no head)
unused: 19 tensors (the decoder only reconstructs)
unused: encoder.norm.weight, encoder.norm.bias (the head has a norm of its own)`,
  );
});
