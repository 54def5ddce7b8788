import type { WeightTensor } from "@videoms/core";
import { bareName, fullName, networkOf } from "./tensor_names.ts";
import { firstOf, shownTensor, stackRows, thirdOfRows } from "./tensor_rows.ts";

/**
 * Names and layouts of Hugging Face's VideoMAE. They are those of PyTorch's implementation but for
 * the names and for queries, keys and values, which have a matrix each there. Only names change and
 * bytes are joined or cut, so element types stay and the way there and back is exact.
 */

/** Beginnings of names in a stack of blocks: (PyTorch's bare name, Hugging Face's). */
const STACKS = [
  ["blocks.", "videomae.encoder.layer."],
  ["decoder.blocks.", "decoder.decoder_layers."],
] as const;

/** Tensors of a block; `weight` or `bias` follows a name that ends with a dot. */
const BLOCK = [
  ["norm1.", "layernorm_before."],
  ["attn.q_bias", "attention.attention.query.bias"],
  ["attn.k_bias", "attention.attention.key.bias"],
  ["attn.v_bias", "attention.attention.value.bias"],
  ["attn.proj.", "attention.output.dense."],
  ["norm2.", "layernorm_after."],
  ["mlp.fc1.", "intermediate.dense."],
  ["mlp.fc2.", "output.dense."],
] as const;

/** Tensors outside of the blocks. */
const OTHERS = [
  ["patch_embed.proj.", "videomae.embeddings.patch_embeddings.projection."],
  ["pos_embed", "videomae.embeddings.position_embeddings"],
  ["norm.", "videomae.layernorm."],
  ["fc_norm.", "fc_norm."],
  ["head.", "classifier."],
  ["encoder_to_decoder.", "encoder_to_decoder."],
  ["mask_token", "mask_token"],
  ["decoder.norm.", "decoder.norm."],
  ["decoder.head.", "decoder.head."],
] as const;

/** The matrices that PyTorch's `qkv` consists of, in the order of its rows. */
const PARTS = ["query", "key", "value"] as const;
const QKV = "attn.qkv.weight";

/** Tensors by name. */
export type NamedTensors = ReadonlyMap<string, WeightTensor>;

/** A name in the other column of a table; undefined if the table has none. */
function translate(
  name: string,
  table: readonly (readonly [string, string])[],
  from: 0 | 1,
): string | undefined {
  for (const row of table) {
    if (!name.startsWith(row[from])) continue;
    const rest = name.slice(row[from].length);
    const isWhole = row[from].endsWith(".") ? /^(weight|bias)$/.test(rest) : rest === "";
    if (isWhole) return row[1 - from] + rest;
  }
  return undefined;
}

/** The stack, the block and the rest of a name in a block. */
function blockOf(name: string, from: 0 | 1): { prefix: string; rest: string } | undefined {
  for (const stack of STACKS) {
    if (!name.startsWith(stack[from])) continue;
    const [, index, rest] = /^(\d+)\.(.+)$/.exec(name.slice(stack[from].length)) ?? [];
    if (rest !== undefined) return { prefix: `${stack[1 - from]}${index}.`, rest };
  }
  return undefined;
}

function translated(name: string, from: 0 | 1): string | undefined {
  const block = blockOf(name, from);
  if (!block) return translate(name, OTHERS, from);
  const rest = translate(block.rest, BLOCK, from);
  return rest && block.prefix + rest;
}

/** What transformers up to version 4 calls the biases of queries and values, and what it does since. */
const OLDER = /\.attention\.(q|v)_bias$/;
const NEWER = /\.attention\.(query|value)\.bias$/;

function newerName(name: string): string {
  return name.replace(OLDER, (_, part) => `.attention.${part === "q" ? "query" : "value"}.bias`);
}

function olderName(name: string): string {
  return name.replace(NEWER, (_, part) => `.attention.${part[0]}_bias`);
}

/** A tensor that is stored under two names; both must have the same values. */
function sameTensor(name: string, one: WeightTensor, other: WeightTensor): WeightTensor {
  return {
    ...one,
    async read() {
      const [bytes, others] = [await one.read(), await other.read()];
      if (bytes.length === others.length && bytes.every((byte, i) => byte === others[i])) {
        return bytes;
      }
      throw new RangeError(
        `Cannot convert weights: "${name}" and "${
          olderName(name)
        }" must be the same, got different ones`,
      );
    },
  };
}

/** Tensors with one spelling of the names of biases. */
function inNewerSpelling(tensors: NamedTensors): Map<string, WeightTensor> {
  const spelt = new Map<string, WeightTensor>();
  for (const [name, tensor] of tensors) {
    const newer = newerName(name);
    const twin = spelt.get(newer);
    spelt.set(newer, twin ? sameTensor(newer, twin, tensor) : tensor);
  }
  return spelt;
}

function refuse(layout: string, names: readonly string[], tensors: NamedTensors): never {
  const got = firstOf(names.map((name) => shownTensor(name, tensors.get(name)!)));
  throw new RangeError(
    `Cannot convert weights: ${layout} must have a place for every tensor, got ${got}`,
  );
}

/**
 * Tensors of Hugging Face's VideoMAE under PyTorch's names and in its layouts; they are read when
 * they are asked for.
 *
 * @throws {RangeError} that names every tensor without a place, and those of which a part is missing
 */
export function fromHuggingFace(tensors: NamedTensors): Map<string, WeightTensor> {
  const bare = new Map<string, WeightTensor>();
  const unknown: string[] = [];
  const usual = inNewerSpelling(tensors);
  for (const [name, tensor] of usual) {
    const [, stem, part] = /^(.*)attention\.attention\.(query|key|value)\.weight$/.exec(name) ?? [];
    const block = part && blockOf(name, 1);
    if (block) {
      // The three have one place; it is taken when the first of them is met.
      if (bare.has(block.prefix + QKV)) continue;
      const names = PARTS.map((one) => `${stem}attention.attention.${one}.weight`);
      const missing = names.filter((one) => !usual.has(one));
      if (missing.length > 0) refuseMissing(missing);
      bare.set(
        block.prefix + QKV,
        stackRows(block.prefix + QKV, names.map((one) => usual.get(one)!)),
      );
      continue;
    }
    const translation = translated(name, 1);
    if (translation === undefined) unknown.push(name);
    else bare.set(translation, tensor);
  }
  if (unknown.length > 0) refuse("PyTorch's layout", unknown, usual);
  const network = networkOf(bare.keys());
  return new Map([...bare].map(([name, tensor]) => [fullName(name, network), tensor]));
}

function refuseMissing(names: readonly string[]): never {
  throw new RangeError(
    `Cannot convert weights: query, key and value must all be there, got none named ${
      names.map((name) => `"${name}"`).join(", ")
    }`,
  );
}

/**
 * Tensors under PyTorch's names under those of Hugging Face's VideoMAE; they are read when they are
 * asked for. Biases of queries and values are there twice: transformers has renamed them.
 *
 * @throws {RangeError} that names every tensor without a place
 * @example
 * ```ts
 * import { floatBytes, initialParameters, type WeightTensor } from "@videoms/core";
 * import { fromHuggingFace, toHuggingFace, toPyTorch, videoClassifierSpecs } from "@videoms/models";
 *
 * const geometry = { frames: 4, tubeletSize: 2, imageSize: 8, patchSize: 4 };
 * const specs = videoClassifierSpecs({ geometry, encoder: { width: 12, depth: 1, heads: 3 }, classes: 2 });
 * const named = toPyTorch(specs, initialParameters(specs, 0), geometry, "classifier");
 * const tensors = new Map([...named].map(([name, { shape, values }]): [string, WeightTensor] => [
 *   name,
 *   { type: "F32", shape, read: () => Promise.resolve(new Uint8Array(floatBytes(values))) },
 * ]));
 * const there = toHuggingFace(tensors);
 * console.assert(there.has("videomae.encoder.layer.0.attention.attention.key.weight"));
 * console.assert(fromHuggingFace(there).get("blocks.0.attn.qkv.weight")?.shape.join() === "36,12");
 * ```
 */
export function toHuggingFace(tensors: NamedTensors): Map<string, WeightTensor> {
  const out = new Map<string, WeightTensor>();
  const unknown: string[] = [];
  for (const [full, tensor] of tensors) {
    const name = bareName(full);
    const block = blockOf(name, 0);
    if (block?.rest === QKV) {
      PARTS.forEach((part, third) => {
        const place = `${block.prefix}attention.attention.${part}.weight`;
        out.set(place, thirdOfRows(full, tensor, third));
      });
      continue;
    }
    const translation = translated(name, 0);
    if (translation === undefined) {
      unknown.push(full);
      continue;
    }
    out.set(translation, tensor);
    // Each version of transformers passes over the other's name and would start without this bias.
    out.set(olderName(translation), tensor);
  }
  if (unknown.length > 0) refuse("Hugging Face's VideoMAE", unknown, tensors);
  return out;
}
