import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { floatBytes, Parameters, type StoredTensor, tidy, writeSafetensors } from "@videoms/core";
import {
  learned,
  patchify,
  planEncoderWeights,
  readPlannedValues,
  VideoEncoder,
} from "@videoms/models";
import { indexTensor } from "../../../models/testing/golden_case.ts";
import { describeTask } from "../../../tasks/runs/describe_task.ts";
import { encoderOptionsOf, openEncoderSource } from "../../../tasks/runs/encoder/encoder_source.ts";
import { convertWeights } from "../../../tasks/runs/weights/convert/convert.ts";
import { testOnBackends, valuesOf } from "../../backends.ts";
import { xorshift32 } from "../../xorshift32.ts";
import { folder, registry, smallFinetune } from "../small_task.ts";
import { largestDifference } from "./hugging_face_folder.ts";

/** What transformers gives; `make_image_vit.py` made it. */
const golden: {
  tensors: Record<string, number[]>;
  classToken: number[];
  tokens: number[];
} = JSON.parse(
  await Deno.readTextFile(fileURLToPath(new URL("../../golden/image-vit.json", import.meta.url))),
);

/** Names of DINO v2 for parts of Hugging Face's. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^embeddings\.position_embeddings$/, "pos_embed"],
  [/^embeddings\.patch_embeddings\.projection/, "patch_embed.proj"],
  [/^embeddings\./, ""],
  [/^encoder\.layer\./, "blocks."],
  [/^layernorm\./, "norm."],
  [/attention\.attention\./, "attn."],
  [/attention\.output\.dense/, "attn.proj"],
  [/layer_scale(\d)\.lambda1/, "ls$1.gamma"],
  [/weights_in/, "w12"],
  [/weights_out/, "w3"],
];

/** Writes the weights that the recorded model had, as DINO v2 names them. */
async function imageWeights(): Promise<string> {
  const draw = xorshift32(1);
  const drawn = new Map<string, { shape: number[]; values: number[] }>();
  for (const name of Object.keys(golden.tensors).sort()) {
    const shape = golden.tensors[name];
    const isScale = (name.includes("norm") && name.endsWith("weight")) || name.includes("lambda");
    const one = shape.length === 1 && isScale ? 1 : 0;
    const count = shape.reduce((product, side) => product * side, 1);
    const values = Array.from({ length: count }, () => (draw() - 0.5) * 0.4 + one);
    drawn.set(NAMES.reduce((own, [from, to]) => own.replace(from, to), name), { shape, values });
  }
  for (const name of [...drawn.keys()].filter((name) => name.includes("attn.query."))) {
    const names = ["query", "key", "value"].map((part) => name.replace("query", part));
    const thirds = names.map((one) => drawn.get(one)!);
    const [rows, ...rest] = thirds[0].shape;
    const values = thirds.flatMap((third) => third.values);
    drawn.set(name.replace("query", "qkv"), { shape: [3 * rows, ...rest], values });
    names.forEach((one) => drawn.delete(one));
  }
  const stored = [...drawn].map(([name, { shape, values }]): [string, StoredTensor] => [
    name,
    { type: "F32", shape, bytes: floatBytes(Float32Array.from(values)) },
  ]);
  const path = `${folder}/dino.safetensors`;
  const parts = writeSafetensors(new Map(stored)) as BlobPart[];
  await Deno.writeFile(path, await new Blob(parts).bytes());
  return path;
}

testOnBackends(
  "an image's weights make of a clip that stands still what they make of the image",
  async ({ backend }) => {
    const from = `${folder}/dino-${backend}.safetensors`;
    const facts = { heads: 3, imageSize: 16, frames: 2 };
    await convertWeights({ from: await imageWeights(), to: "videoms", out: from, facts });
    using source = await openEncoderSource(from);
    const options = encoderOptionsOf(source.task, registry);
    assert.deepEqual([options.encoder.mlp, options.encoder.registers], ["swiglu", 2]);
    const encoder = new VideoEncoder(options);
    const { specs } = encoder;
    const { geometry } = options;
    const plan = planEncoderWeights(source.tensors, encoder);
    const parameters = new Parameters(
      specs,
      await readPlannedValues(plan, source.tensors, { specs, geometry }),
    );
    const draw = xorshift32(2);
    const image = Array.from({ length: 16 * 16 * 3 }, () => Math.floor(draw() * 256));
    const { tokens, pooled } = tidy(() => {
      const all = indexTensor([Int32Array.from({ length: 16 }, (_, n) => n)]);
      return encoder.features(
        parameters,
        patchify(Uint8Array.from([...image, ...image]), geometry),
        all,
      );
    });
    assert.ok(largestDifference(await valuesOf(tokens), golden.tokens) < 1e-5);
    assert.ok(largestDifference(await valuesOf(pooled), golden.classToken) < 1e-5);
    parameters.dispose();
    encoder.dispose();
  },
);

Deno.test("a fine-tuning from an image's weights is told what to set, and starts with clips of another size", async () => {
  const from = await imageWeights();
  const sizes = { width: 24, depth: 2, heads: 3, imageSize: 32, patchSize: 4, frames: 8 };
  const text = (more: object) =>
    describeTask(
      smallFinetune("unused", { model: { ...sizes, layerScale: 1, ...more }, start: { from } }),
      registry,
    );
  await assert.rejects(
    text({}),
    /--set model\.mlp=swiglu --set model\.classToken=true --set model\.registers=2 --set model\.positions=learned --set model\.positions\.separate=false\.$/,
  );
  const model = { mlp: "swiglu", classToken: true, registers: 2 };
  const told = await text({ ...model, positions: learned({ separate: false }) });
  assert.match(told, /loaded: 35 of the classifier's 39 tensors/);
  assert.match(told, /not stored with the weights: heads 3, tubeletSize 2, as the task has it/);
});
