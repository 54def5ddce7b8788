import assert from "node:assert/strict";
import { countParameters, initialParameters, type ParameterSpec } from "@videoms/core";
import {
  fromPyTorch,
  learned,
  MaskedAutoencoder,
  maskedAutoencoderCost,
  type MaskedAutoencoderOptions,
  maskedAutoencoderSpecs,
  MODEL_SIZES,
  type ModelSizeName,
  pytorchName,
  toPyTorch,
  totalCost,
  videoClassifierCost,
  type VideoClassifierOptions,
  videoClassifierSpecs,
} from "@videoms/models";

const geometry = { frames: 16, tubeletSize: 2, imageSize: 224, patchSize: 16 };

function autoencoder(name: ModelSizeName): MaskedAutoencoderOptions {
  const { decoderWidth, decoderHeads, ...encoder } = MODEL_SIZES[name];
  return { geometry, encoder, decoder: { width: decoderWidth, depth: 4, heads: decoderHeads } };
}

function classifier(name: ModelSizeName, classes: number): VideoClassifierOptions {
  return { geometry, encoder: autoencoder(name).encoder, classes };
}

Deno.test("networks have as many parameters as the reference's", () => {
  const pretrain = (name: ModelSizeName) =>
    countParameters(maskedAutoencoderSpecs(autoencoder(name)));
  const finetune = (name: ModelSizeName, classes: number) =>
    countParameters(videoClassifierSpecs(classifier(name, classes)));
  assert.equal(pretrain("base"), 94_210_944);
  assert.equal(pretrain("small"), 24_029_376);
  assert.equal(finetune("base", 101), 86_304_869);
  assert.equal(finetune("base", 51), 86_266_419);
  assert.equal(finetune("small", 101), 21_918_821);
});

Deno.test("costs are those the paper plots", () => {
  const giga = (parts: ReadonlyMap<string, number>) => (totalCost(parts) / 1e9).toFixed(1);
  const base = autoencoder("base");
  assert.equal(giga(maskedAutoencoderCost(base, [{ visible: 156, target: 314 }])), "19.8");
  assert.equal(giga(maskedAutoencoderCost(base, [{ visible: 160, target: 1408 }])), "35.4");
  assert.equal(giga(maskedAutoencoderCost(base, [{ visible: 392, target: 1176 }])), "57.4");
  assert.equal(giga(videoClassifierCost(classifier("base", 101), 940)), "98.0");
  assert.equal(giga(videoClassifierCost(classifier("base", 101), 1568)), "180.3");
});

const tiny: MaskedAutoencoderOptions = {
  geometry: { frames: 4, tubeletSize: 2, imageSize: 8, patchSize: 4 },
  encoder: {
    width: 12,
    depth: 2,
    heads: 3,
    layerScale: 0.1,
    qkNorm: true,
    classToken: true,
    registers: 2,
    positions: learned.create({ separate: true }),
  },
  decoder: {
    width: 8,
    depth: 1,
    heads: 2,
    layerScale: 0.1,
    positions: learned.create({ separate: false }),
  },
};

Deno.test("PyTorch's names and layouts are left and come back unchanged", () => {
  for (
    const [specs, network] of [
      [maskedAutoencoderSpecs(tiny), "pretrain"],
      [videoClassifierSpecs({ ...tiny, classes: 3 }), "classifier"],
    ] as [ParameterSpec[], "pretrain" | "classifier"][]
  ) {
    const values = initialParameters(specs, 5);
    const there = toPyTorch(specs, values, tiny.geometry, network);
    assert.equal(there.size, specs.length);
    assert.deepEqual(fromPyTorch(specs, there, tiny.geometry, network), values);
  }
});

Deno.test("a pre-training network of depth 12 + 4 has the reference's 218 tensors", () => {
  const names = maskedAutoencoderSpecs(autoencoder("base"))
    .map(({ name }) => pytorchName(name, "pretrain"));
  assert.equal(new Set(names).size, 218);
  assert.ok(names.includes("encoder.blocks.11.attn.q_bias"));
  assert.ok(names.includes("decoder.blocks.3.mlp.fc2.weight"));
  assert.throws(() => pytorchName("encoder.other", "pretrain"), /must have a PyTorch name/);
  // Blocks of other backbones keep their names.
  assert.equal(pytorchName("encoder.blocks.0.other", "classifier"), "blocks.0.other");
});

Deno.test("missing and misshapen tensors are named", () => {
  const specs = maskedAutoencoderSpecs(tiny);
  const stored = toPyTorch(specs, initialParameters(specs, 0), tiny.geometry, "pretrain");
  const load = () => fromPyTorch(specs, stored, tiny.geometry, "pretrain");
  stored.set("mask_token", { shape: [8], values: new Float32Array(8) });
  assert.throws(load, /"maskToken" must have the shape \[1,1,8\], got \[8\]/);
  stored.delete("mask_token");
  assert.throws(load, /a tensor "mask_token", got none/);
});

Deno.test("initial values have the reference's distributions", () => {
  const values = initialParameters(maskedAutoencoderSpecs(autoencoder("tiny")), 0);
  const largest = (name: string) =>
    values.get(name)!.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const near = (name: string, bound: number) => {
    assert.ok(largest(name) <= bound && largest(name) > 0.99 * bound, `${name}: ${largest(name)}`);
  };
  near("encoder.patchEmbedding.weight", 0.025516);
  near("encoder.blocks.3.attention.qkvWeight", Math.sqrt(6 / (4 * 192)));
  near("encoder.blocks.3.mlp.expand.weight", Math.sqrt(6 / (5 * 192)));
  near("bridge.weight", 1 / Math.sqrt(192));
  assert.ok(largest("maskToken") <= 0.02);
  assert.equal(largest("encoder.blocks.0.attention.queryBias"), 0);
  assert.equal(Math.min(...values.get("encoder.norm.weight")!), 1);
});

Deno.test("a classifier's blocks start with the published std, or as their width asks for", () => {
  const spread = (initialization: VideoClassifierOptions["initialization"]) => {
    const specs = videoClassifierSpecs({ ...tiny, classes: 3, initialization });
    const all = initialParameters(specs, 0).get("encoder.blocks.1.mlp.expand.weight")!;
    return Math.sqrt(all.reduce((sum, value) => sum + value ** 2, 0) / all.length);
  };
  assert.ok(Math.abs(spread("normal") - 0.02) < 0.002);
  assert.ok(Math.abs(spread("xavier") - Math.sqrt(2 / 60)) < 0.02);
});

Deno.test("impossible networks are refused", () => {
  const change = (encoder: object) => () =>
    new MaskedAutoencoder({ ...tiny, encoder: { ...tiny.encoder, ...encoder } });
  assert.throws(change({ heads: 5 }), /heads must divide its width, got 5 and 12/);
  assert.throws(change({ depth: 0 }), /depth must be a positive whole number, got 0/);
  assert.throws(change({ dropPath: 1 }), /dropPath must be in \[0, 1\), got 1/);
});
