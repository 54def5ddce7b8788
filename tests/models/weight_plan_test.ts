import assert from "node:assert/strict";
import { floatBytes, initialParameters, type WeightTensor } from "@videoms/core";
import {
  type ClassifierReceiver,
  type ClassifierStart,
  maskedAutoencoderSpecs,
  MODEL_SIZES,
  planAutoencoderWeights,
  planClassifierWeights,
  planEncoderWeights,
  pytorchName,
  pytorchShape,
  type PyTorchTensor,
  readPlannedValues,
  toPyTorch,
  videoClassifierSpecs,
  videoEncoderSpecs,
} from "@videoms/models";

const geometry = { frames: 4, tubeletSize: 2, imageSize: 8, patchSize: 4 };
const encoder = { width: 12, depth: 2, heads: 3 };
const pretrained = maskedAutoencoderSpecs({
  geometry,
  encoder,
  decoder: { width: 8, depth: 1, heads: 2 },
});
const weights = initialParameters(pretrained, 3);

function classifier(classes = 3, more: object = {}): ClassifierReceiver {
  const options = { geometry, encoder: { ...encoder, ...more }, classes };
  return { specs: videoClassifierSpecs(options), options };
}

function stored(tensors: ReadonlyMap<string, PyTorchTensor>): Map<string, WeightTensor> {
  return new Map([...tensors].map(([name, { shape, values }]) => [name, {
    type: "F32",
    shape,
    read: () => Promise.resolve(new Uint8Array(floatBytes(values))),
  }]));
}

function checkpoint(): Map<string, WeightTensor> {
  return stored(toPyTorch(pretrained, weights, geometry, "pretrain"));
}

function trained(classes: number): Map<string, WeightTensor> {
  const { specs } = classifier(classes);
  return stored(toPyTorch(specs, initialParameters(specs, 1), geometry, "classifier"));
}

/** A tensor of values. */
function tensorOf(...values: number[]): WeightTensor {
  return stored(new Map([["", { shape: [values.length], values: Float32Array.from(values) }]]))
    .get("")!;
}

const names = (tensors: readonly { name: string }[]) => tensors.map(({ name }) => name);

/** What a classifier loads. */
async function load(
  tensors: ReadonlyMap<string, WeightTensor>,
  model: ClassifierReceiver,
  start: ClassifierStart = {},
) {
  const plan = planClassifierWeights(tensors, model, start);
  const receiver = { specs: model.specs, geometry };
  return { values: await readPlannedValues(plan, tensors, receiver), report: plan.report };
}

Deno.test("a base network of depth 12 + 4 loads all but 4 tensors, and ignores 60", () => {
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
  const { report } = planClassifierWeights(shapes, model);
  assert.deepEqual(names(report.missing), [
    "fc_norm.weight",
    "fc_norm.bias",
    "head.weight",
    "head.bias",
  ]);
  assert.equal(report.unused.length, 60);
  assert.equal(report.used.length, 218 - 60);
  assert.deepEqual(report.reshaped, []);
  const started = planClassifierWeights(shapes, model, { initNormFromEncoder: true }).report;
  assert.deepEqual(names(started.missing), ["head.weight", "head.bias"]);
  assert.equal(started.unused.length, 58);
});

Deno.test("the encoder arrives unchanged, and the norm of the head from it if that is asked for", async () => {
  const { values } = await load(checkpoint(), classifier());
  assert.ok(values.size > 0);
  for (const [name, tensor] of values) assert.deepEqual(tensor, weights.get(name), name);
  assert.ok(!values.has("headNorm.weight") && !values.has("head.weight"));

  const own = checkpoint();
  const scale = Float32Array.from({ length: 12 }, (_, i) => i);
  own.set("encoder.norm.weight", tensorOf(...scale));
  const started = await load(own, classifier(), { initNormFromEncoder: true });
  assert.deepEqual(started.values.get("headNorm.weight"), scale);
  own.delete("encoder.norm.weight");
  await assert.rejects(
    load(own, classifier(), { initNormFromEncoder: true }),
    /needs the encoder's final norm, got no "norm.weight"/,
  );
});

Deno.test("the patch embedding starts anew where it is not to be loaded, and nothing else does", async () => {
  const { values: all } = await load(checkpoint(), classifier());
  const { values, report } = await load(checkpoint(), classifier(), { patchEmbedding: false });
  const left = ["encoder.patchEmbedding.weight", "encoder.patchEmbedding.bias"];
  assert.deepEqual([...all.keys()].filter((name) => !values.has(name)).sort(), left.sort());
  const anew = "the patch embedding starts anew";
  const tensors = [...report.missing, ...report.unused].filter(({ reason }) => reason === anew);
  assert.equal(tensors.length, 4); // weight and bias, of the network and of the file
});

Deno.test("a head is loaded for the same classes only", async () => {
  const same = await load(trained(5), classifier(5));
  assert.equal(same.values.size, classifier(5).specs.length);
  assert.deepEqual([same.report.missing, same.report.unused], [[], []]);
  const { values, report } = await load(trained(5), classifier(4));
  assert.deepEqual(report.reshaped, ["head.weight", "head.bias"]);
  assert.deepEqual(names(report.missing), ["head.weight", "head.bias"]);
  assert.ok(values.has("headNorm.weight"));
  assert.match(report.explain, /^ignored: head\.weight \[5,12\], .*\(a head for other classes\)$/m);
});

Deno.test("a head that scores the first token is left out, and its encoder is loaded", () => {
  const tensors = trained(3);
  for (const part of ["weight", "bias"]) {
    tensors.set(`norm.${part}`, tensors.get(`fc_norm.${part}`)!);
    tensors.delete(`fc_norm.${part}`);
  }
  const said =
    /^ignored: head\.weight \[3,12\], .*\(a head without fc_norm classifies the first token/m;
  const { report } = planClassifierWeights(tensors, classifier());
  assert.match(report.explain, said);
  assert.equal(report.missing.length, 4);
  const whole = planAutoencoderWeights(tensors, { specs: pretrained, options: { geometry } });
  assert.match(whole.report.explain, said);
  assert.ok(whole.sources.has("encoder.norm.weight"));
  const options = { geometry, encoder, network: "pretrain" as const };
  const specs = videoEncoderSpecs(options);
  const frozen = planEncoderWeights(tensors, { specs, options });
  assert.equal(frozen.sources.size, specs.length);
});

Deno.test("values that are not finite are named", async () => {
  const tensors = checkpoint();
  tensors.set("encoder.blocks.1.attn.q_bias", tensorOf(...Array(11).fill(0), NaN));
  tensors.set("encoder.norm.bias", tensorOf(...Array(12).fill(Infinity))); // which is not loaded
  tensors.set("encoder.blocks.0.norm1.bias", tensorOf(...Array(10).fill(1), Infinity, NaN));
  await assert.rejects(
    load(tensors, classifier()),
    /must be finite, got "encoder\.blocks\.0\.norm1\.bias" \[12\] with 2 of 12 NaN or infinite, .*q_bias" \[12\] with 1 of 12 NaN or infinite$/,
  );
});

Deno.test("what no rule explains is refused by name and shape", () => {
  const plan = (tensors: ReadonlyMap<string, WeightTensor>, more = {}) =>
    planClassifierWeights(tensors, classifier(3, more));
  const missing = checkpoint();
  missing.delete("encoder.blocks.1.attn.q_bias");
  assert.throws(() => plan(missing), /missing, got "blocks.1.attn.q_bias" \[12\]$/);

  const unknown = checkpoint();
  unknown.set("encoder.pos_embed", tensorOf(0));
  assert.throws(() => plan(unknown), /know every tensor, got "encoder.pos_embed" \[1\]$/);
  assert.throws(() => plan(checkpoint(), { depth: 1 }), /"encoder.blocks.1/);
  assert.throws(() => plan(checkpoint(), { layerScale: 0.1 }), /gamma_1/);
  assert.throws(
    () => plan(checkpoint(), { width: 24 }),
    /shapes .*"patch_embed.proj.weight" \[12,3,2,4,4\] for \[24,3,2,4,4\].* and \d+ more/,
  );
});

Deno.test("the report reads as a few lines", () => {
  assert.equal(
    planClassifierWeights(checkpoint(), classifier()).report.explain,
    `loaded: 28 of the classifier's 32 tensors
newly initialised: fc_norm.weight [12], fc_norm.bias [12], head.weight [3,12], head.bias [3] (the checkpoint has no head for mean-pooled tokens)
ignored: 19 tensors (the decoder is for pre-training only)
ignored: encoder.norm.weight [12], encoder.norm.bias [12] (the head has a norm of its own)`,
  );
});
