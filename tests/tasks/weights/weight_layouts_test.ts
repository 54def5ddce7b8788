import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { floatValues, memoryBytes, readWeightFile, sizeOf } from "@videoms/core";
import { command as convertCommand } from "../../../tasks/commands/convert_command.ts";
import { convertWeights } from "../../../tasks/runs/weights/convert/convert.ts";
import { openEncoderSource } from "../../../tasks/runs/encoder/encoder_source.ts";
import { describeTask } from "../../../tasks/runs/describe_task.ts";
import { openWeights } from "../../../tasks/runs/weights/open_weights.ts";
import {
  type Code,
  dictionary,
  int,
  list,
  pickle,
  tensor,
  text,
  torchLegacy,
  torchZip,
} from "../../core/pytorch_writer.ts";
import { folder, registry, smallFinetune, smallTask } from "../small_task.ts";

/** A masked autoencoder's tensors as the reference saves them. */
const reference = fileURLToPath(new URL("../../golden/reference-pretrain.pth", import.meta.url));
const given = await readWeightFile(memoryBytes(await Deno.readFile(reference), reference));
const values = new Map<string, { shape: readonly number[]; values: Float32Array<ArrayBuffer> }>();
for (const [name, one] of given.tensors) {
  const stored = new Float32Array((await one.read()).slice().buffer);
  values.set(name, { shape: one.shape, values: stored });
}

type Values = typeof values;

const model = {
  width: 48,
  heads: 3,
  decoderWidth: 24,
  decoderDepth: 2,
  decoderHeads: 2,
  frames: 16,
};

/** Storages of a file and the pickles that refer to them. */
class TorchFile {
  readonly storages: Record<string, Uint8Array> = {};

  /** A state dictionary; its keys are prefixed and may be changed. */
  state(tensors: Values, rename = (name: string) => name): Code {
    return dictionary(Object.fromEntries(
      [...tensors].map(([name, { shape, values }]) => {
        const key = String(Object.keys(this.storages).length);
        this.storages[key] = new Uint8Array(values.buffer);
        const strides = shape.map((_, i) => sizeOf(shape.slice(i + 1)));
        return [rename(name), tensor({ key, count: values.length, shape, strides })];
      }),
    ));
  }

  async write(name: string, root: Code, isLegacy = false): Promise<string> {
    const object = pickle(root);
    const counted = Object.entries(this.storages).map(([key, bytes]) =>
      [key, [bytes.length / 4, bytes]] as const
    );
    const path = `${folder}/${name}`;
    const bytes = isLegacy
      ? torchLegacy(object, Object.fromEntries(counted))
      : torchZip(object, this.storages);
    await Deno.writeFile(path, bytes);
    return path;
  }
}

/** The same tensors with other values. */
function scaled(factor: number): Values {
  return new Map([...values].map(([name, { shape, values }]) => [
    name,
    { shape, values: values.map((value) => value * factor) },
  ]));
}

/** Values of what was opened, by name. */
async function opened(from: string, average = false): Promise<Map<string, number[]>> {
  using weights = await openWeights(from, { average });
  const all = new Map<string, number[]>();
  for (const [name, { type, shape, read }] of weights.tensors) {
    all.set(name, [...floatValues({ type, shape, bytes: await read() })]);
  }
  return all;
}

function plain(tensors: Values): Map<string, number[]> {
  return new Map([...tensors].map(([name, { values }]) => [name, [...values]]));
}

/** Roots of files as trainers write them, with the weights in them and what is told beside them. */
const roots: Record<string, [(file: TorchFile) => Code, RegExp]> = {
  "a compiled model": [
    (file) => dictionary({ model: file.state(values, (name) => `_orig_mod.${name}`) }),
    /^$/,
  ],
  "Lightning": [
    (file) =>
      dictionary({
        epoch: int(3),
        state_dict: file.state(values, (name) => `model._orig_mod.module.${name}`),
        loops: dictionary({}),
      }),
    /^beside the weights: epoch, loops \(0 entries\)$/,
  ],
  "model_state alone": [(file) => dictionary({ model_state: file.state(values) }), /^$/],
  "model_state_dict alone": [(file) => dictionary({ model_state_dict: file.state(values) }), /^$/],
  "model_ema alone": [(file) => dictionary({ model_ema: file.state(values) }), /^$/],
  "DeepSpeed, compiled": [
    (file) => dictionary({ module: file.state(values, (name) => `_orig_mod.${name}`) }),
    /^$/,
  ],
  "a prefix of nobody's": [(file) => file.state(values, (name) => `net.vision.${name}`), /^$/],
  "V-JEPA, with its optimiser": [
    (file) =>
      dictionary({
        encoder: file.state(values, (name) => `module.${name.replace(/^encoder\./, "backbone.")}`),
        predictor: file.state(new Map([["mask_token", values.get("mask_token")!]])),
        target_encoder: file.state(scaled(2), (name) => `module.${name}`),
        opt: dictionary({ state: dictionary({}), param_groups: list(int(1)) }),
      }),
    /loaded with "#target_encoder" after the path\nbeside the weights: predictor \(1 entry\), opt \(1 group\)$/,
  ],
};

for (const [title, [root, beside]] of Object.entries(roots)) {
  Deno.test(`weights are read as they are saved by ${title}`, async () => {
    for (const isLegacy of [false, true]) {
      const file = new TorchFile();
      const path = await file.write(`layout-${isLegacy}.pth`, root(file), isLegacy);
      assert.deepEqual(await opened(path), plain(values));
      using weights = await openWeights(path);
      assert.match(weights.beside.join("\n"), beside);
    }
  });
}

Deno.test("an average is named beside the weights, and chosen by every command that loads some", async () => {
  const file = new TorchFile();
  const root = dictionary({ model: file.state(values), model_ema: file.state(scaled(2)) });
  const path = await file.write("both.pth", root);
  assert.deepEqual(await opened(path), plain(values));
  assert.deepEqual(await opened(`${path}#model_ema`), plain(scaled(2)));
  assert.deepEqual(await opened(path, true), plain(scaled(2)));

  const told = await describeTask(smallTask("unused", { model, start: { from: path } }), registry);
  assert.match(
    told,
    /note: the file has other weights too \(62 tensors\), which are loaded with "#model_ema" after/,
  );
  for (const start of [{ from: `${path}#model_ema` }, { from: path, average: true }]) {
    const text = await describeTask(smallTask("unused", { model, start }), registry);
    assert.match(text, /start {2,}\S+both\.pth#model_ema\n/);
    assert.match(text, /loaded with "#model" after the path/);
  }
  await assert.rejects(
    opened(`${path}#ema`),
    /Cannot read weights .*both\.pth: it must hold weights named "ema", got "model" \(62 tensors\), "model_ema" \(62/,
  );

  const out = `${folder}/both.safetensors`;
  await convertWeights({
    from: `${path}#model_ema`,
    to: "videoms",
    out,
    facts: { heads: 3, decoderHeads: 2, imageSize: 32, frames: 16 },
  });
  assert.deepEqual(await opened(out), plain(scaled(2)));
  using last = await openEncoderSource(out);
  assert.equal(last.tensors.size, values.size);
  assert.ok(convertCommand.description!.some((line) => line.includes("#model_ema")));
});

Deno.test("a model that holds itself and its average in one state has both", async () => {
  const file = new TorchFile();
  const both: Values = new Map([
    ...[...values].map(([name, one]) => [`model._orig_mod.${name}`, one] as const),
    ...[...scaled(2)].map(([name, one]) => [`ema.module.${name}`, one] as const),
  ]);
  const path = await file.write("inside.ckpt", dictionary({ state_dict: file.state(both) }));
  assert.deepEqual(await opened(path), plain(values));
  assert.deepEqual(await opened(path, true), plain(scaled(2)));
  assert.deepEqual(await opened(`${path}#ema`), plain(scaled(2)));
});

Deno.test("values that are not finite are told before a run, and when they are converted", async () => {
  const broken: Values = new Map(values);
  const bias = broken.get("encoder.blocks.0.attn.q_bias")!;
  broken.set("encoder.blocks.0.attn.q_bias", { ...bias, values: bias.values.map(() => NaN) });
  const file = new TorchFile();
  const from = await file.write("diverged.pth", dictionary({ model: file.state(broken) }));
  const said = /must be finite, got "encoder\.blocks\.0\.attn\.q_bias" \[48\] with 48 of 48 NaN/;
  await assert.rejects(
    describeTask(smallTask("unused", { model, start: { from } }), registry),
    said,
  );
  const { decoderWidth: _, decoderDepth: __, decoderHeads: ___, ...encoder } = model;
  const finetuning = smallFinetune("unused", { model: encoder, start: { from } });
  await assert.rejects(describeTask(finetuning, registry), said);
  const { notes } = await convertWeights({ from, to: "pytorch", out: `${folder}/kept.pth` });
  assert.deepEqual(notes, [
    "encoder.blocks.0.attn.q_bias [48] has 48 NaN or infinite of 48 values",
  ]);
});

Deno.test("names of a hostile file do not reach the terminal as they are", async () => {
  const file = new TorchFile();
  const root = dictionary({
    "a\u001b[2J": file.state(values),
    "b\n": file.state(values),
    ["c".repeat(150)]: file.state(values, (name) => `\u001b[31m.${name}`),
  });
  const path = await file.write("hostile.pth", root);
  // deno-lint-ignore no-control-regex
  const clean = /^[^\u0000-\u001f]*$/;
  const told = await opened(path).then(() => "", (error: Error) => error.message);
  assert.match(told, /"a\?\[2J" \(62 tensors\), "b\?" \(62 tensors\), "c{80}…" \(62 tensors\)$/);
  assert.match(told, clean);
  using weights = await openWeights(`${path}#b\n`);
  for (const line of weights.beside) assert.match(line, clean);
});

Deno.test("a file without a video transformer says what it holds", async () => {
  const file = new TorchFile();
  const state = file.state(new Map([["fc.weight", values.get("mask_token")!]]));
  const path = await file.write("other.pth", dictionary({ model: state, name: text("resnet") }));
  await assert.rejects(
    openWeights(path),
    /must hold the patch embedding .*, got "fc\.weight" \[1,1,24\] \(.*other\.pth\)$/,
  );
});
