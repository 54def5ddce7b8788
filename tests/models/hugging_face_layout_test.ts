import assert from "node:assert/strict";
import {
  floatBytes,
  initialParameters,
  type ParameterSpec,
  type WeightTensor,
} from "@videoms/core";
import {
  type EncoderNetwork,
  fromHuggingFace,
  maskedAutoencoderSpecs,
  modelFacts,
  networkWeights,
  planAutoencoderWeights,
  toHuggingFace,
  toPyTorch,
  videoClassifierSpecs,
  weightSets,
} from "@videoms/models";

const geometry = { frames: 4, tubeletSize: 2, imageSize: 8, patchSize: 4 };
const encoder = { width: 12, depth: 2, heads: 3 };
const decoder = { width: 8, depth: 1, heads: 2 };
const autoencoder = maskedAutoencoderSpecs({ geometry, encoder, decoder });
const classifier = videoClassifierSpecs({ geometry, encoder, classes: 5 });

function stored(
  specs: readonly ParameterSpec[],
  network: EncoderNetwork,
): Map<string, WeightTensor> {
  const tensors = toPyTorch(specs, initialParameters(specs, 1), geometry, network);
  return new Map([...tensors].map(([name, { shape, values }]) => [name, {
    type: "F32",
    shape,
    read: () => Promise.resolve(new Uint8Array(floatBytes(values))),
  }]));
}

/** Everything about tensors, to be compared. */
async function contents(
  tensors: ReadonlyMap<string, WeightTensor>,
): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for (const [name, tensor] of tensors) {
    all[name] = [tensor.type, tensor.shape, (await tensor.read()).toString()];
  }
  return all;
}

for (const [network, specs] of [["pretrain", autoencoder], ["classifier", classifier]] as const) {
  Deno.test(`every tensor of a ${network} network goes to Hugging Face's names and back`, async () => {
    const here = stored(specs, network);
    const there = toHuggingFace(here);
    // Query, key and value have a matrix each, and the biases of two of them have two names.
    assert.equal(there.size, here.size + 4 * (network === "pretrain" ? 3 : 2));
    assert.deepEqual(await contents(fromHuggingFace(there)), await contents(here));
  });
}

Deno.test("an encoder by itself is known without the model's name before its tensors", () => {
  const bare = new Map(
    [...toHuggingFace(stored(autoencoder, "pretrain"))]
      .filter(([name]) => name.startsWith("videomae."))
      .map(([name, tensor]) => [name.slice("videomae.".length), tensor]),
  );
  const [set] = weightSets(new Map([["", bare.keys()]]));
  const back = networkWeights(bare, set);
  assert.ok(back.has("encoder.blocks.1.attn.qkv.weight") && back.has("encoder.norm.bias"));
  assert.equal(back.size, 2 + 2 * 13 + 2);
});

Deno.test("biases are found under either of their names, and must be the same under both", async () => {
  const here = stored(classifier, "classifier");
  const there = toHuggingFace(here);
  for (const other of [/(query|value)\.bias$/, /[qv]_bias$/]) {
    const spelt = new Map([...there].filter(([name]) => !other.test(name)));
    assert.equal(spelt.size, there.size - 4);
    assert.deepEqual(await contents(fromHuggingFace(spelt)), await contents(here));
  }
  const name = "videomae.encoder.layer.0.attention.attention.q_bias";
  const changed = { ...there.get(name)!, read: () => Promise.resolve(new Uint8Array(48).fill(1)) };
  const torn = fromHuggingFace(new Map([...there, [name, changed]]));
  await assert.rejects(
    torn.get("blocks.0.attn.q_bias")!.read(),
    /query\.bias" and ".*q_bias" must be equal, got different values$/,
  );
});

Deno.test("what has no place, or lacks a part, is refused by name", () => {
  const there = toHuggingFace(stored(classifier, "classifier"));
  const key = "videomae.encoder.layer.1.attention.attention.key.weight";
  const more = new Map([...there, ["videomae.encoder.layer.1.extra", there.get(key)!]]);
  assert.throws(
    () => fromHuggingFace(more),
    /name for every tensor, got "videomae.*extra" \[12,12\]$/,
  );
  const less = new Map(there);
  less.delete(key);
  assert.throws(() => fromHuggingFace(less), /query, key and value .*layer\.1.*key\.weight"$/);
  const scaled = new Map([...stored(classifier, "classifier"), [
    "blocks.0.gamma_1",
    there.get(key)!,
  ]]);
  assert.throws(
    () => toHuggingFace(scaled),
    /name for every tensor, got "blocks\.0\.gamma_1" \[12,12\]$/,
  );
  const other = new Map([...there, [key, { ...there.get(key)!, shape: [12, 6] }]]);
  assert.throws(
    () => fromHuggingFace(other),
    /must be matrices of one shape and type, got .*\[12,6\]/,
  );
});

Deno.test("shapes tell the model but for its heads", () => {
  assert.deepEqual(modelFacts(stored(autoencoder, "pretrain")), {
    network: "pretrain",
    width: 12,
    depth: 2,
    mlpRatio: 4,
    patchSize: 4,
    tubeletSize: 2,
    layerScale: false,
    qkNorm: false,
    mlp: "gelu",
    classToken: false,
    registers: 0,
    decoderWidth: 8,
    decoderDepth: 1,
    classes: null,
    meanPooling: false,
  });
  const { network, classes, decoderWidth, meanPooling } = modelFacts(
    stored(classifier, "classifier"),
  );
  assert.deepEqual([network, classes, decoderWidth, meanPooling], ["classifier", 5, null, true]);
  assert.throws(() => modelFacts(new Map([["x", { shape: [2] }]])), /got "x" \[2\]$/);
});

Deno.test("a masked autoencoder takes a whole one, or the encoder of a classifier", () => {
  const receiver = { specs: autoencoder, options: { geometry } };
  const whole = planAutoencoderWeights(stored(autoencoder, "pretrain"), receiver);
  assert.equal(
    whole.report.explain,
    `loaded: ${autoencoder.length} of the masked autoencoder's ` +
      `${autoencoder.length} tensors`,
  );
  const part = planAutoencoderWeights(stored(classifier, "classifier"), receiver);
  assert.equal(part.sources.size, 2 + 2 * 13);
  assert.match(part.report.explain, /^newly initialised: .*\(the checkpoint has no decoder\)$/m);
  assert.match(
    part.report.explain,
    /^newly initialised: .*norm.bias \[12\] \(a classifier has no norm over tokens\)$/m,
  );
  assert.match(part.report.explain, /^ignored: fc_norm.*\(pre-training has no head\)$/m);

  const torn = stored(autoencoder, "pretrain");
  torn.delete("decoder.head.bias");
  assert.throws(
    () => planAutoencoderWeights(torn, receiver),
    /missing, got "decoder\.head\.bias" \[96\]$/,
  );
  const unbiased = stored(classifier, "classifier");
  unbiased.delete("blocks.1.attn.q_bias");
  assert.throws(
    () => planAutoencoderWeights(unbiased, receiver),
    /missing, got "blocks\.1.*q_bias" \[12\]$/,
  );
});
