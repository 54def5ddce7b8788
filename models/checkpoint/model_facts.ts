import type { MlpKind } from "../backbone/vit_block.ts";
import type { EncoderNetwork } from "./pytorch_layout.ts";
import { bareName, networkOf } from "./tensor_names.ts";
import { firstOf, shownTensor } from "./tensor_rows.ts";
import type { StoredShapes } from "./weight_plan.ts";

/** Architecture inferred from the shapes of stored tensors. */
export interface ModelFacts {
  /** The network. */
  network: EncoderNetwork;
  /** Width of a token, D. */
  width: number;
  /** Encoder blocks. */
  depth: number;
  /** Ratio of a block's hidden width to D. */
  mlpRatio: number;
  /** Patch side in pixels. */
  patchSize: number;
  /** Frames per token; null for weights of images. */
  tubeletSize: number | null;
  /** Whether blocks have LayerScale. */
  layerScale: boolean;
  /** Whether queries and keys are normalised. */
  qkNorm: boolean;
  /** Kind of MLP. */
  mlp: MlpKind;
  /** Whether there is a class token. */
  classToken: boolean;
  /** Learned tokens that nothing reads. */
  registers: number;
  /** Decoder token width; null without a decoder. */
  decoderWidth: number | null;
  /** Decoder blocks; null without a decoder. */
  decoderDepth: number | null;
  /** Classes of the head; null without a head. */
  classes: number | null;
  /** Whether the head classifies the mean of the tokens, which then has its own norm. */
  meanPooling: boolean;
}

function countBlocks(names: readonly string[], prefix: string): number {
  const indices = names.filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length).split(".", 1)));
  return new Set(indices).size;
}

/**
 * Infers a network's architecture from the shapes of its weights under PyTorch's names. Attention heads,
 * frames and image size cannot be inferred.
 *
 * @throws {RangeError} if there is no patch embedding and no block of a video transformer
 */
export function modelFacts(shapes: StoredShapes): ModelFacts {
  const bare = new Map([...shapes].map(([name, { shape }]) => [bareName(name), shape]));
  const patches = bare.get("patch_embed.proj.weight");
  const hidden = bare.get("blocks.0.mlp.fc1.weight");
  const isKnown = (patches?.length === 5 || patches?.length === 4) && patches[1] === 3 &&
    patches.at(-2) === patches.at(-1);
  if (!isKnown || hidden?.length !== 2) {
    const got = firstOf([...shapes].map(([name, tensor]) => shownTensor(name, tensor)));
    throw new RangeError(
      "Cannot load weights: they must hold the patch embedding " +
        `"patch_embed.proj.weight" [D, 3, u, P, P] and blocks of a video transformer, got ${
          got || "no tensors"
        }`,
    );
  }
  const names = [...bare.keys()];
  const isGated = hidden[0] === 2 * (bare.get("blocks.0.mlp.fc2.weight")?.[1] ?? 0);
  return {
    network: networkOf(names),
    width: patches[0],
    depth: countBlocks(names, "blocks."),
    mlpRatio: (isGated ? 0.75 : 1) * hidden[0] / hidden[1],
    patchSize: patches.at(-1)!,
    tubeletSize: patches.length === 5 ? patches[2] : null,
    layerScale: bare.has("blocks.0.gamma_1"),
    qkNorm: bare.has("blocks.0.attn.q_norm.weight"),
    mlp: isGated ? "swiglu" : "gelu",
    classToken: bare.has("cls_token"),
    registers: bare.get("register_tokens")?.[1] ?? 0,
    decoderWidth: bare.get("encoder_to_decoder.weight")?.[0] ?? null,
    decoderDepth: bare.has("decoder.head.weight") ? countBlocks(names, "decoder.blocks.") : null,
    classes: bare.get("head.weight")?.[0] ?? null,
    meanPooling: bare.has("fc_norm.weight"),
  };
}
