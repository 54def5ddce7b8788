import assert from "node:assert/strict";
import { decayMatrices, type ParameterSpec } from "@videoms/core";
import {
  layerDecay,
  maskedAutoencoderSpecs,
  MODEL_SIZES,
  pytorchName,
  videoClassifierSpecs,
} from "@videoms/models";

/** Numbers of the reference's modules in float64. */
const formula = JSON.parse(
  await Deno.readTextFile(new URL("../golden/formula.json", import.meta.url)),
);
const geometry = { frames: 16, tubeletSize: 2, imageSize: 32, patchSize: 16 };

/** Specs by their PyTorch names. */
function byName(
  specs: readonly ParameterSpec[],
  network: "pretrain" | "classifier",
): Map<string, ParameterSpec> {
  return new Map(specs.map((spec) => [pytorchName(spec.name, network), spec]));
}

Deno.test("pre-training decays all tensors but the recorded ones", () => {
  const { enc, dec, no_decay_params, sorted_param_names } = formula.pretrain;
  const specs = byName(
    maskedAutoencoderSpecs({
      geometry,
      encoder: { width: enc.dim, depth: enc.depth, heads: enc.heads },
      decoder: { width: dec.dim, depth: dec.depth, heads: dec.heads },
    }),
    "pretrain",
  );
  assert.deepEqual([...specs.keys()].sort(), sorted_param_names);
  const spared = [...specs].filter(([_, spec]) => decayMatrices(spec).decayScale === 0);
  assert.deepEqual(spared.map(([name]) => name).sort(), no_decay_params);
  for (const spec of specs.values()) assert.equal(decayMatrices(spec).rateScale, 1);
});

Deno.test("layer decay gives the recorded factors", () => {
  const { embed, depth, heads, classes, layer_scale } = formula.finetune;
  const encoder = { width: embed, depth, heads };
  const specs = byName(videoClassifierSpecs({ geometry, encoder, classes }), "classifier");
  const rule = layerDecay(depth, 0.75);
  for (const [name, factor] of Object.entries(layer_scale)) {
    assert.equal(rule(specs.get(name)!).rateScale, factor, name);
  }
});

Deno.test("a classifier of depth 12 has a factor for each layer, from patches to head", () => {
  const { decoderWidth: _, decoderHeads: __, ...encoder } = MODEL_SIZES.base;
  const large = { ...geometry, imageSize: 224 };
  const specs = byName(
    videoClassifierSpecs({ geometry: large, encoder, classes: 101 }),
    "classifier",
  );
  const rule = layerDecay(12, 0.75);
  const factors: [string, number][] = [ // 0.75^(13 − layer), to six digits
    ["patch_embed.proj.weight", 0.023757],
    ["blocks.0.attn.qkv.weight", 0.031676],
    ["blocks.1.attn.qkv.weight", 0.042235],
    ["blocks.2.attn.qkv.weight", 0.056314],
    ["blocks.3.attn.qkv.weight", 0.075085],
    ["blocks.4.attn.qkv.weight", 0.100113],
    ["blocks.5.attn.qkv.weight", 0.133484],
    ["blocks.6.attn.qkv.weight", 0.177979],
    ["blocks.7.attn.qkv.weight", 0.237305],
    ["blocks.8.attn.qkv.weight", 0.316406],
    ["blocks.9.attn.qkv.weight", 0.421875],
    ["blocks.10.attn.qkv.weight", 0.5625],
    ["blocks.11.attn.qkv.weight", 0.75],
    ["fc_norm.weight", 1],
    ["head.weight", 1],
  ];
  for (const [name, factor] of factors) {
    const { rateScale } = rule(specs.get(name)!);
    assert.ok(Math.abs(rateScale - factor) < 5.1e-7, `${name}: ${rateScale}`);
  }
});

Deno.test("every tensor of a classifier is in the layer that its place says", () => {
  const depth = 3;
  const encoder = { width: 12, depth, heads: 3, layerScale: 0.1 };
  const rule = layerDecay(depth, 0.5);
  const layers: string[][] = Array.from({ length: depth + 2 }, () => []);
  for (
    const [name, spec] of byName(
      videoClassifierSpecs({ geometry, encoder, classes: 3 }),
      "classifier",
    )
  ) {
    const { decayScale, rateScale } = rule(spec);
    layers[depth + 1 + Math.log2(rateScale)].push(name);
    const vector = /\.bias$|(q|v)_bias$|norm\d?\.weight$|gamma_\d$/.test(name);
    assert.equal(decayScale, vector ? 0 : 1, name);
  }
  const [first, ...rest] = layers;
  const last = rest.pop()!;
  assert.deepEqual(first, ["patch_embed.proj.weight", "patch_embed.proj.bias"]);
  assert.deepEqual(last, ["fc_norm.weight", "fc_norm.bias", "head.weight", "head.bias"]);
  rest.forEach((names, i) => {
    assert.equal(names.length, 15); // with both factors of layer scale
    assert.ok(names.every((name) => name.startsWith(`blocks.${i}.`)));
    assert.ok(names.includes(`blocks.${i}.gamma_1`) && names.includes(`blocks.${i}.gamma_2`));
  });
});
