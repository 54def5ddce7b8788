import type { WeightTensor } from "@videoms/core";
import { fromVjepa } from "./v_jepa_layout.ts";
import { fromHuggingFace, type NamedTensors } from "./hugging_face_layout.ts";
import { fromImages, isOfImages } from "./image_layout.ts";
import { fullName, networkOf } from "./tensor_names.ts";
import { firstOf, shownTensor, thirdOfRows } from "./tensor_rows.ts";
import type { WeightSet } from "./weight_sets.ts";

const FUSED_BIAS = /^((?:.+\.)?attn\.)qkv\.bias$/;

/** Splits a joint qkv bias into three biases, as in VideoMAE. */
function withSeparateBiases(tensors: NamedTensors): Map<string, WeightTensor> {
  return new Map(
    [...tensors].flatMap(([name, tensor]): [string, WeightTensor][] => {
      const [, stem] = FUSED_BIAS.exec(name) ?? [];
      if (stem === undefined) return [[name, tensor]];
      return ["q", "k", "v"].map((part, third) => {
        const own = `${stem}${part}_bias`;
        if (tensors.has(own)) refuseTwice(own, [name, own], tensors);
        return [own, thirdOfRows(name, tensor, third)];
      });
    }),
  );
}

function refuseTwice(inner: string, names: readonly string[], tensors: NamedTensors): never {
  const got = firstOf(names.map((name) => shownTensor(name, tensors.get(name)!)));
  throw new RangeError(`Cannot load weights: "${inner}" must be stored once, got ${got}`);
}

/**
 * The tensors of one network under PyTorch's names and layouts; values are read lazily.
 *
 * @param tensors the tensors of the set's dictionary
 * @param ownBlocks whether the blocks are of a custom backbone, whose tensors keep their names
 * @throws {RangeError} if a tensor is stored twice or has no PyTorch name
 */
export function networkWeights(
  tensors: NamedTensors,
  { layout, family, members }: WeightSet,
  ownBlocks = false,
): Map<string, WeightTensor> {
  const stored = new Map<string, string>();
  for (const [name, inner] of members) {
    const twin = stored.get(inner);
    if (twin !== undefined) refuseTwice(inner, [twin, name], tensors);
    stored.set(inner, name);
  }
  const own = new Map([...stored].map(([inner, name]) => [inner, tensors.get(name)!]));
  if (layout === "hugging-face" && family === "videomae") return fromHuggingFace(own);
  const named = layout === "hugging-face" ? fromVjepa(own) : own;
  const usual = isOfImages(named) ? fromImages(named) : named;
  const separate = ownBlocks ? usual : withSeparateBiases(usual);
  const network = networkOf(separate.keys());
  return new Map([...separate].map(([name, tensor]) => [fullName(name, network), tensor]));
}
