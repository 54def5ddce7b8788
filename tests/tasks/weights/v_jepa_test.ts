import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { floatBytes, Parameters, type StoredTensor, tidy, writeSafetensors } from "@videoms/core";
import {
  patchify,
  planEncoderWeights,
  readPlannedValues,
  rotary,
  VideoEncoder,
} from "@videoms/models";
import { indexTensor } from "../../../models/testing/golden_case.ts";
import { describeTask } from "../../../tasks/runs/describe_task.ts";
import { encoderOptionsOf, openEncoderSource } from "../../../tasks/runs/encoder/encoder_source.ts";
import { convertWeights } from "../../../tasks/runs/weights/convert/convert.ts";
import { testOnBackends, valuesOf } from "../../backends.ts";
import { dictionary, int, pickle, tensor, torchZip } from "../../core/pytorch_writer.ts";
import { xorshift32 } from "../../xorshift32.ts";
import { folder, registry, smallFinetune } from "../small_task.ts";
import { largestDifference } from "./hugging_face_folder.ts";

interface GoldenModel {
  config: Record<string, unknown>;
  tensors: Record<string, number[]>;
  /** Some of the features of a clip, by its number of frames. */
  features: Record<string, number[]>;
}

/** What transformers gives; `make_v_jepa.py` made it. */
const golden: { every: number; models: Record<string, GoldenModel> } = JSON.parse(
  await Deno.readTextFile(fileURLToPath(new URL("../../golden/v-jepa.json", import.meta.url))),
);

interface Stored {
  shape: number[];
  values: Float32Array;
}

/** The weights that a recorded model had, by Hugging Face's names of its encoder's tensors. */
function weightsOf(model: string): Map<string, Stored> {
  const draw = xorshift32(1);
  const { tensors } = golden.models[model];
  return new Map(
    Object.keys(tensors).sort().map((name) => {
      const shape = tensors[name];
      const one = shape.length === 1 && name.includes("norm") && name.endsWith("weight") ? 1 : 0;
      const count = shape.reduce((product, side) => product * side, 1);
      return [name, {
        shape,
        values: Float32Array.from({ length: count }, () => (draw() - 0.5) * 0.4 + one),
      }];
    }),
  );
}

/** Writes a folder as `save_pretrained` does, with a predictor, which nothing here reads. */
async function huggingFaceFolder(model: string, frames: string): Promise<string> {
  const out = `${folder}/v-jepa-${model}-${frames}`;
  await Deno.mkdir(out, { recursive: true });
  const stored = new Map<string, StoredTensor>(
    [...weightsOf(model)].map(([name, { shape, values }]) =>
      [`encoder.${name}`, { type: "F32" as const, shape, bytes: floatBytes(values) }] as const
    ),
  ).set("predictor.layernorm.bias", { type: "F32", shape: [1], bytes: new Uint8Array(4) });
  const parts = writeSafetensors(stored) as BlobPart[];
  await Deno.writeFile(`${out}/model.safetensors`, await new Blob(parts).bytes());
  const config = { ...golden.models[model].config, frames_per_clip: Number(frames) };
  await Deno.writeTextFile(`${out}/config.json`, JSON.stringify(config));
  return out;
}

/** A tensor's name in V-JEPA's own checkpoints. */
function ownName(name: string): string {
  return `module.backbone.${
    name.replace("embeddings.patch_embeddings", "patch_embed").replace("layer.", "blocks.")
      .replace("attention.", "attn.").replace("layernorm", "norm")
  }`;
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, i) => shape.slice(i + 1).reduce((product, side) => product * side, 1));
}

/** Writes a checkpoint as V-JEPA does: encoder and average, of which the encoder is all zeros. */
async function ownCheckpoint(model: string): Promise<string> {
  const weights = weightsOf(model);
  for (const [name, { shape }] of [...weights]) {
    if (!name.includes(".query.")) continue;
    const thirds = ["query", "key", "value"].map((part) => name.replace("query", part));
    const values = thirds.flatMap((one) => [...weights.get(one)!.values]);
    weights.set(name.replace("query", "qkv"), {
      shape: [3 * shape[0], ...shape.slice(1)],
      values: Float32Array.from(values),
    });
    thirds.forEach((one) => weights.delete(one));
  }
  const storages: Record<string, Uint8Array> = {};
  const dictionaryOf = (start: string, factor: number) =>
    dictionary(Object.fromEntries(
      [...weights].map(([name, { shape, values }], i) => {
        const key = `${start}${i}`;
        storages[key] = new Uint8Array(floatBytes(values.map((value) => value * factor)));
        return [
          ownName(name),
          tensor({ key, count: values.length, shape, strides: stridesOf(shape) }),
        ];
      }),
    ));
  const predictor = dictionary({
    "module.backbone.norm.bias": tensor({ key: "0", count: 1, shape: [1], strides: [1] }),
  });
  storages["0"] = new Uint8Array(4);
  const path = `${folder}/v-jepa-${model}.pt`;
  const parts = {
    encoder: dictionaryOf("1", 0),
    predictor,
    target_encoder: dictionaryOf("2", 1),
    epoch: int(3),
  };
  await Deno.writeFile(path, torchZip(pickle(dictionary(parts)), storages));
  return path;
}

/** Largest difference of an encoder's features from the recorded ones. */
async function featureError(from: string, model: string, frames: string): Promise<number> {
  using source = await openEncoderSource(from);
  const options = encoderOptionsOf(source.task, registry);
  const encoder = new VideoEncoder(options);
  const { specs } = encoder;
  const plan = planEncoderWeights(source.tensors, encoder);
  assert.deepEqual([plan.report.missing, plan.report.unused], [[], []]);
  const parameters = new Parameters(
    specs,
    await readPlannedValues(plan, source.tensors, { specs, geometry: options.geometry }),
  );
  const draw = xorshift32(Number(frames));
  const pixels = Uint8Array.from(
    { length: Number(frames) * 16 * 16 * 3 },
    () => Math.floor(draw() * 256),
  );
  const features = tidy(() => {
    const all = indexTensor([Int32Array.from({ length: encoder.grid.tokens }, (_, n) => n)]);
    return encoder.features(parameters, patchify(pixels, options.geometry), all).tokens;
  });
  const some = (await valuesOf(features)).filter((_, i) => i % golden.every === 0);
  parameters.dispose();
  encoder.dispose();
  return largestDifference(some, golden.models[model].features[frames]);
}

testOnBackends("features of V-JEPA 2 are those of transformers", async ({ backend }) => {
  for (const [model, { features }] of Object.entries(golden.models)) {
    for (const frames of Object.keys(features)) {
      const error = await featureError(await huggingFaceFolder(model, frames), model, frames);
      assert.ok(error < (backend === "webgpu" ? 1e-4 : 1e-5), `${model}, ${frames}: ${error}`);
    }
  }
});

Deno.test("the average of V-JEPA's own checkpoint is loaded, and keeps its positions in our layout", async () => {
  const from = await ownCheckpoint("wide");
  const out = `${folder}/v-jepa.safetensors`;
  const facts = { heads: 3, imageSize: 16, frames: 8 };
  const { notes } = await convertWeights({ from, to: "videoms", out, average: true, facts });
  assert.match(notes.join("; "), /other weights too .* "#encoder".*predictor/);
  assert.ok(await featureError(out, "wide", "8") < 1e-5);
  await assert.rejects(
    convertWeights({ from: out, to: "hugging-face", out: `${folder}/refused` }),
    /positions of Hugging Face's VideoMAE must be .* "sine-cosine", got "rotary"/,
  );
});

Deno.test("a fine-tuning from V-JEPA is told what positions to set, and of clips of another size", async () => {
  const from = await huggingFaceFolder("small", "8");
  const model = { width: 24, depth: 2, heads: 2, imageSize: 24, patchSize: 4, frames: 8 };
  const text = (more: object) =>
    describeTask(
      smallFinetune("unused", { model: { ...model, ...more }, start: { from } }),
      registry,
    );
  await assert.rejects(
    text({}),
    /got positions "sine-cosine" {} for "rotary" .* Set it with --set model\.positions=rotary --set model\.positions\.base=10000 /,
  );
  await assert.rejects(
    text({ positions: rotary({ paired: true }) }),
    /Set it with --set model\.positions\.paired=false\.$/,
  );
  assert.match(
    await text({ positions: rotary() }),
    /resized: clips of 8 frames of 24 × 24 in place of 8 of 16 × 16; positions are computed for them/,
  );
});
