import assert from "node:assert/strict";
import { dirname } from "node:path";
import { readSafetensors, type StoredTensor, writeSafetensors } from "@videoms/core";
import { convertWeights } from "../../../tasks/runs/weights/convert/convert.ts";
import { describeTask } from "../../../tasks/runs/describe_task.ts";
import { modelOf, openWeights } from "../../../tasks/runs/weights/open_weights.ts";
import { changed, huggingFace } from "./hugging_face_folder.ts";
import { folder, registry, smallFinetune } from "../small_task.ts";

Deno.test("weights in several files are found by their index, and what it leaves out is named", async () => {
  const from = `${folder}/shards`;
  await Deno.mkdir(from, { recursive: true });
  const path = `${huggingFace}/model.safetensors`;
  const { tensors } = readSafetensors(await Deno.readFile(path), path);
  const places: Record<string, string> = {};
  const halves = [new Map<string, StoredTensor>(), new Map<string, StoredTensor>()];
  [...tensors].forEach(([name, tensor], i) => {
    halves[i % 2].set(name, tensor);
    places[name] = `model-0000${i % 2 + 1}-of-00002.safetensors`;
  });
  for (const [i, half] of halves.entries()) {
    const bytes = await new Blob(writeSafetensors(half) as BlobPart[]).arrayBuffer();
    await Deno.writeFile(`${from}/model-0000${i + 1}-of-00002.safetensors`, new Uint8Array(bytes));
  }
  const index = `${from}/model.safetensors.index.json`;
  await Deno.writeTextFile(index, JSON.stringify({ metadata: {}, weight_map: places }));
  await Deno.copyFile(`${huggingFace}/config.json`, `${from}/config.json`);
  using weights = await openWeights(from);
  using whole = await openWeights(huggingFace);
  assert.deepEqual([...weights.tensors.keys()].sort(), [...whole.tensors.keys()].sort());
  assert.deepEqual(weights.config, whole.config);
  for (const [name, tensor] of whole.tensors) {
    assert.deepEqual(await weights.tensors.get(name)!.read(), await tensor.read(), name);
  }
  places["fc_norm.weight"] = places["fc_norm.bias"];
  await Deno.writeTextFile(index, JSON.stringify({ weight_map: places }));
  await assert.rejects(
    openWeights(from),
    /got none called "fc_norm\.weight" in model-0000/,
  );
});

/** Configurations that are refused: a change, and what the message must name. */
const configurations: [object, RegExp][] = [
  [{ model_type: "vivit" }, /model_type must be videomae .* got vivit/],
  [{ hidden_act: "relu" }, /hidden_act must be gelu .* got relu/],
  [{ qkv_bias: false }, /qkv_bias must be true .* got false/],
  [{ num_attention_heads: 0 }, /num_attention_heads must be a positive whole number, got 0/],
  [{ layer_norm_eps: "small" }, /layer_norm_eps must be above 0, got small/],
];

Deno.test("a model that is computed in another way is refused by its configuration", async () => {
  const config = JSON.parse(await Deno.readTextFile(`${huggingFace}/config.json`));
  const from = `${folder}/configured`;
  await Deno.mkdir(from, { recursive: true });
  await Deno.copyFile(`${huggingFace}/model.safetensors`, `${from}/model.safetensors`);
  for (const [change, message] of configurations) {
    await Deno.writeTextFile(`${from}/config.json`, JSON.stringify({ ...config, ...change }));
    await assert.rejects(openWeights(from), message);
  }
  await Deno.writeTextFile(`${from}/config.json`, "{");
  await assert.rejects(openWeights(from), /config\.json: it must be a JSON object/);
});

Deno.test("Hugging Face's classifier of the first token is an encoder with another head", async () => {
  const from = await changed("first-token", (tensors) => {
    for (const part of ["weight", "bias"]) {
      tensors.set(`videomae.layernorm.${part}`, tensors.get(`fc_norm.${part}`)!);
      tensors.delete(`fc_norm.${part}`);
    }
  });
  const config = JSON.parse(await Deno.readTextFile(`${huggingFace}/config.json`));
  const other = { ...config, use_mean_pooling: false };
  await Deno.writeTextFile(`${dirname(from)}/config.json`, JSON.stringify(other));
  const text = await describeTask(
    smallFinetune("unused", { model: { width: 48, heads: 3, frames: 16 }, start: { from } }),
    registry,
  );
  assert.match(
    text,
    /ignored: head\.weight \[7,48\], .*without fc_norm classifies the first token/,
  );
  assert.match(text, /newly initialised: fc_norm\.weight \[48\], .*head\.weight/);
  using weights = await openWeights(from);
  assert.equal(modelOf(weights).meanPooling, false);
  const out = `${folder}/first-token-again`;
  await convertWeights({ from, to: "hugging-face", out });
  const again = JSON.parse(await Deno.readTextFile(`${out}/config.json`));
  assert.equal(again.use_mean_pooling, false);
});
