import type { WeightTensor } from "@videoms/core";
import { bareName, fullName, networkOf } from "./tensor_names.ts";
import { firstOf, shownTensor, stackRows, thirdOfRows } from "./tensor_rows.ts";

/**
 * Names and layouts of Hugging Face's VideoMAE. They differ from the PyTorch implementation's in names, and
 * in separate matrices for queries, keys and values. Tensors are only renamed, joined or split, so element
 * types stay and a round trip is exact.
 */

/** Prefixes of names in a stack of blocks: (PyTorch's bare name, Hugging Face's). */
const STACKS = [
  ["blocks.", "videomae.encoder.layer."],
  ["decoder.blocks.", "decoder.decoder_layers."],
] as const;

/** Tensors of a block; a name that ends with a dot is followed by `weight` or `bias`. */
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

/** The parts of PyTorch's `qkv` matrix, in the order of its rows. */
const PARTS = ["query", "key", "value"] as const;
const QKV = "attn.qkv.weight";

/** Tensors by name. */
export type NamedTensors = ReadonlyMap<string, WeightTensor>;

/** The name in the other column of a table, if it is there. */
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

/** Splits a block tensor's name into its stack and block, translated, and the rest. */
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

/** Names of query and value biases in transformers up to version 4. */
const OLDER = /\.attention\.(q|v)_bias$/;
const NEWER = /\.attention\.(query|value)\.bias$/;

function newerName(name: string): string {
  return name.replace(OLDER, (_, part) => `.attention.${part === "q" ? "query" : "value"}.bias`);
}

function olderName(name: string): string {
  return name.replace(NEWER, (_, part) => `.attention.${part[0]}_bias`);
}

/** Checks that a tensor stored under two names has the same values in both. */
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
        }" must be equal, got different values`,
      );
    },
  };
}

/** Tensors with bias names in the newer spelling. */
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
    `Cannot convert weights: ${layout} must have a name for every tensor, got ${got}`,
  );
}

/**
 * Converts tensors of Hugging Face's VideoMAE to PyTorch's names and layouts; values are read lazily.
 *
 * @throws {RangeError} naming every tensor without a counterpart or with a missing part
 */
export function fromHuggingFace(tensors: NamedTensors): Map<string, WeightTensor> {
  const bare = new Map<string, WeightTensor>();
  const unknown: string[] = [];
  const usual = inNewerSpelling(tensors);
  for (const [name, tensor] of usual) {
    const [, stem, part] = /^(.*)attention\.attention\.(query|key|value)\.weight$/.exec(name) ?? [];
    const block = part && blockOf(name, 1);
    if (block) {
      // The three have one counterpart, which is added when the first of them is met.
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
    `Cannot convert weights: query, key and value must all be present, got none named ${
      names.map((name) => `"${name}"`).join(", ")
    }`,
  );
}

/**
 * Converts tensors under PyTorch's names to those of Hugging Face's VideoMAE; values are read lazily. Query
 * and value biases are stored under two names, since transformers has renamed them.
 *
 * @throws {RangeError} naming every tensor without a counterpart
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
    // Each version of transformers ignores the other's name and would start without this bias.
    out.set(olderName(translation), tensor);
  }
  if (unknown.length > 0) refuse("Hugging Face's VideoMAE", unknown, tensors);
  return out;
}
