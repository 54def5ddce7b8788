import assert from "node:assert/strict";
import { floatBytes, initialParameters, type WeightTensor } from "@videoms/core";
import {
  chooseWeightSet,
  maskedAutoencoderSpecs,
  networkWeights,
  toHuggingFace,
  toPyTorch,
  videoClassifierSpecs,
  type WantedWeights,
  weightSets,
} from "@videoms/models";

const geometry = { frames: 4, tubeletSize: 2, imageSize: 8, patchSize: 4 };
const encoder = { width: 12, depth: 2, heads: 3 };
const decoder = { width: 8, depth: 1, heads: 2 };
const specs = {
  pretrain: maskedAutoencoderSpecs({ geometry, encoder, decoder }),
  classifier: videoClassifierSpecs({ geometry, encoder, classes: 5 }),
};

type Tensors = ReadonlyMap<string, WeightTensor>;

function stored(network: "pretrain" | "classifier", seed = 1): Map<string, WeightTensor> {
  const values = initialParameters(specs[network], seed);
  const tensors = toPyTorch(specs[network], values, geometry, network);
  return new Map([...tensors].map(([name, { shape, values }]) => [name, {
    type: "F32",
    shape,
    read: () => Promise.resolve(new Uint8Array(floatBytes(values))),
  }]));
}

function renamed(tensors: Tensors, rename: (name: string) => string): Map<string, WeightTensor> {
  return new Map([...tensors].map(([name, tensor]) => [rename(name), tensor]));
}

/** Shapes and bytes of all tensors, by name and in its order. */
async function contents(tensors: Tensors): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const [name, tensor] of tensors) {
    all.push([name, tensor.shape.join(), (await tensor.read()).toString()]);
  }
  return all.sort();
}

/** The weights that are chosen in dictionaries. */
function chosen(dictionaries: Record<string, Tensors>, choice?: WantedWeights): Tensors {
  const sets = weightSets(
    new Map(Object.entries(dictionaries).map(([key, tensors]) => [key, tensors.keys()])),
  );
  const set = chooseWeightSet(sets, choice)!;
  return networkWeights(dictionaries[set.dictionary], set);
}

const named = (dictionaries: Record<string, Tensors>) =>
  weightSets(new Map(Object.entries(dictionaries).map(([key, tensors]) => [key, tensors.keys()])))
    .map(({ name }) => name);

/** What trainers and wrappers put before names. */
const prefixes = [
  "",
  "module.",
  "_orig_mod.",
  "model.",
  "backbone.",
  "any.thing.at_all.",
  "module._orig_mod.",
  "_orig_mod.module.model.",
  "model._orig_mod.module.net.",
  "_forward_module.model._fsdp_wrapped_module.",
];

for (const network of ["pretrain", "classifier"] as const) {
  Deno.test(`a ${network} network is found under every prefix, in both layouts`, async () => {
    const wanted = await contents(stored(network));
    for (const prefix of prefixes) {
      for (const layout of [stored(network), toHuggingFace(stored(network))]) {
        const tensors = renamed(layout, (name) => prefix + name);
        for (const key of ["", "state_dict", "model.module"]) {
          assert.deepEqual(await contents(chosen({ [key]: tensors })), wanted, `${key} ${prefix}`);
        }
      }
    }
  });
}

/** What wrappers put into names. */
const wrappings: Record<string, (name: string) => string> = {
  "a compiled encoder": (name) => name.replace(/^encoder\./, "encoder._orig_mod."),
  "an encoder in DDP": (name) => `model.${name.replace(/^encoder\./, "encoder.module.")}`,
  "blocks that are recomputed": (name) =>
    name.replace(/blocks\.(\d+)\./, "blocks.$1._checkpoint_wrapped_module."),
  "blocks compiled one by one": (name) =>
    `module.${name.replace(/blocks\.(\d+)\./, "blocks.$1._orig_mod.")}`,
  "an encoder of another name": (name) => name.replace(/^encoder\./, "backbone."),
  "no name of the encoder": (name) => name.replace(/^encoder\./, ""),
};

Deno.test("wrappers inside names are looked through", async () => {
  const wanted = await contents(stored("pretrain"));
  for (const [title, wrap] of Object.entries(wrappings)) {
    assert.deepEqual(
      await contents(chosen({ "": renamed(stored("pretrain"), wrap) })),
      wanted,
      title,
    );
  }
});

Deno.test("biases in one tensor are those of queries, keys and values", async () => {
  const fused = new Map<string, WeightTensor>();
  const wanted = stored("pretrain");
  for (const [name, tensor] of stored("pretrain")) {
    if (name.endsWith("v_bias")) continue;
    if (!name.endsWith("q_bias")) {
      fused.set(name, tensor);
      continue;
    }
    const [width] = tensor.shape;
    const values = Float32Array.from({ length: 3 * width }, (_, i) => i);
    const part = (third: number): WeightTensor => ({
      type: "F32",
      shape: [width],
      read: () =>
        Promise.resolve(
          new Uint8Array(floatBytes(values.slice(third * width, (third + 1) * width))),
        ),
    });
    fused.set(name.replace("q_bias", "qkv.bias"), {
      type: "F32",
      shape: [3 * width],
      read: () => Promise.resolve(new Uint8Array(floatBytes(values))),
    });
    ["q", "k", "v"].forEach((one, i) => wanted.set(name.replace("q_bias", `${one}_bias`), part(i)));
  }
  const tensors = renamed(fused, (name) => `model._orig_mod.${name}`);
  assert.deepEqual(await contents(chosen({ state_dict: tensors })), await contents(wanted));
  const odd = new Map([...fused, ["encoder.blocks.0.attn.qkv.bias", {
    ...fused.get("encoder.norm.bias")!,
    shape: [10],
  }]]);
  assert.throws(() => chosen({ "": odd }), /query, key and value, got "blocks.*qkv\.bias" \[10\]$/);
  const both = new Map([...fused, [
    "encoder.blocks.0.attn.q_bias",
    fused.get("encoder.norm.bias")!,
  ]]);
  assert.throws(() => chosen({ "": both }), /q_bias" must be stored once, got .*\[36\], .*\[12\]$/);
});

Deno.test("weights and their averages are told apart, wherever they lie", async () => {
  const last = stored("pretrain");
  const average = stored("pretrain", 9);
  const [wanted, averaged] = [await contents(last), await contents(average)];
  const under = (tensors: Tensors, prefix: string) => renamed(tensors, (name) => prefix + name);
  const files: [Record<string, Tensors>, string[]][] = [
    [{ model: last, model_ema: average }, ["model", "model_ema"]],
    [{ state_dict: last, state_dict_ema: under(average, "module.") }, [
      "state_dict",
      "state_dict_ema",
    ]],
    [{ module: under(last, "_orig_mod."), ema: average }, ["", "ema"]],
    [{
      state_dict: new Map([
        ...under(last, "model._orig_mod."),
        ...under(average, "model_ema.module."),
      ]),
    }, ["state_dict.model", "state_dict.model_ema"]],
    [
      { "": new Map([...last, ...under(average, "average."), ...under(last, "optimizer.first.")]) },
      [
        "",
        "average",
      ],
    ],
    [{ student: last, teacher: average, optimizer: last }, ["student", "teacher"]],
  ];
  for (const [file, names] of files) {
    assert.deepEqual(named(file), names);
    assert.deepEqual(await contents(chosen(file)), wanted, names[0]);
    assert.deepEqual(await contents(chosen(file, { average: true })), averaged, names[1]);
    assert.deepEqual(await contents(chosen(file, { name: names[1] })), averaged, names[1]);
  }
  assert.deepEqual(await contents(chosen({ model_ema: average })), averaged);
  assert.throws(
    () => chosen({ model: last }, { average: true }),
    /must hold an average of its weights, got none beside "model" \(\d+ tensors\)$/,
  );
});

Deno.test("V-JEPA's three networks: the encoder, unless the target is asked for", async () => {
  const inside = (seed: number) =>
    renamed(stored("classifier", seed), (name) => `module.backbone.${name}`);
  const predictor = renamed(
    stored("classifier"),
    (name) => `module.predictor_${name.replace("patch_embed.proj", "embed")}`,
  );
  const file = { encoder: inside(1), predictor, target_encoder: inside(9) };
  assert.deepEqual(named(file), ["encoder", "target_encoder"]);
  assert.deepEqual(await contents(chosen(file)), await contents(stored("classifier", 1)));
  const target = await contents(stored("classifier", 9));
  assert.deepEqual(await contents(chosen(file, { name: "target_encoder" })), target);
  assert.deepEqual(await contents(chosen(file, { average: true })), target);
});

Deno.test("what is beside a network is not taken for a part of it", async () => {
  const tensors = renamed(stored("pretrain"), (name) => `model.${name}`);
  tensors.set("criterion.weight", tensors.get("model.mask_token")!);
  tensors.set("n_averaged", tensors.get("model.mask_token")!);
  assert.deepEqual(
    await contents(chosen({ "": tensors })),
    await contents(stored("pretrain")),
  );
});

Deno.test("weights that could be either are asked for by name", () => {
  const file = { one: stored("pretrain"), two: stored("pretrain") };
  assert.throws(
    () => chosen(file),
    /its weights must be named by "#" and a name after the path, got "one" \(\d+ tensors\), "two" \(\d+ tensors\)$/,
  );
  assert.ok(chosen(file, { name: "two" }).size > 0);
  assert.throws(() => chosen(file, { name: "three" }), /weights named "three", got "one" \(/);
  assert.equal(chooseWeightSet([]), undefined);
});

Deno.test("a tensor that is stored twice and networks without end are refused", () => {
  const twice = stored("pretrain");
  twice.set("_orig_mod.mask_token", twice.get("mask_token")!);
  twice.set("norm.bias", twice.get("encoder.norm.bias")!);
  assert.throws(
    () => chosen({ "": twice }),
    /"mask_token" must be stored once, got "mask_token" \[1,1,8\], "_orig_mod\.mask_token"/,
  );
  const many = Array.from({ length: 17 }, (_, i) => `${i}.patch_embed.proj.weight`);
  assert.throws(() => weightSets(new Map([["", many]])), /at most 16 networks, got 17/);
});
