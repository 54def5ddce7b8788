import type { WeightTensor } from "@videoms/core";
import { firstOf, shownTensor, stackRows } from "./tensor_rows.ts";

/** Names of Hugging Face's V-JEPA 2 encoder and PyTorch's, of a block's tensors. */
const BLOCK: Readonly<Record<string, string>> = {
  "norm1": "norm1",
  "attention.proj": "attn.proj",
  "norm2": "norm2",
  "mlp.fc1": "mlp.fc1",
  "mlp.fc2": "mlp.fc2",
};

/** The same of other tensors. */
const OTHERS: Readonly<Record<string, string>> = {
  "embeddings.patch_embeddings.proj": "patch_embed.proj",
  "layernorm": "norm",
};

/** PyTorch's name of a tensor that there is one of on either side. */
function renamed(name: string): string | undefined {
  const [, stem, part] = /^(.+)\.(weight|bias)$/.exec(name) ?? [];
  const [, block, rest] = /^layer\.(\d+)\.(.+)$/.exec(stem ?? "") ?? [];
  if (block === undefined) return OTHERS[stem] && `${OTHERS[stem]}.${part}`;
  const [, third] = /^attention\.(query|key|value)$/.exec(rest) ?? [];
  if (third && part === "bias") return `blocks.${block}.attn.${third[0]}_bias`;
  return BLOCK[rest] && `blocks.${block}.${BLOCK[rest]}.${part}`;
}

/**
 * Converts the encoder of Hugging Face's V-JEPA 2 to PyTorch's names and layouts; values are read lazily.
 *
 * @param tensors those of the encoder, without its prefix
 * @throws {RangeError} naming every tensor without a counterpart or with a missing part
 */
export function fromVjepa(tensors: ReadonlyMap<string, WeightTensor>): Map<string, WeightTensor> {
  const bare = new Map<string, WeightTensor>();
  const unknown: string[] = [];
  for (const [name, tensor] of tensors) {
    const [, stem, part] = /^(layer\.\d+\.attention)\.(query|key|value)\.weight$/.exec(name) ?? [];
    if (part) {
      const thirds = ["query", "key", "value"].map((one) => tensors.get(`${stem}.${one}.weight`));
      const joined = `${stem.replace(/^layer/, "blocks").replace(/attention$/, "attn")}.qkv.weight`;
      if (thirds.every((one) => one !== undefined)) bare.set(joined, stackRows(joined, thirds));
      else unknown.push(name);
      continue;
    }
    const own = renamed(name);
    if (own === undefined) unknown.push(name);
    else bare.set(own, tensor);
  }
  if (unknown.length === 0) return bare;
  const got = firstOf(unknown.map((name) => shownTensor(name, tensors.get(name)!)));
  throw new RangeError(
    `Cannot load weights: every tensor of a V-JEPA 2 encoder must be known and whole, got ${got}`,
  );
}
