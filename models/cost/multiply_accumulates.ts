import { type ClipGeometry, tokenGrid, valuesPerToken } from "@videoms/core";
import { VIT_BACKBONE } from "../backbone/backbone.ts";
import type { StackOptions } from "../vit/blocks.ts";
import {
  type MaskedAutoencoderOptions,
  predictedValues,
} from "../autoencoder/masked_autoencoder.ts";
import type { VideoClassifierOptions } from "../classifier/video_classifier.ts";

/** Multiply-accumulates of one clip's forward pass, by part of the network. */
export type CostByPart = ReadonlyMap<string, number>;

/** Multiply-accumulates of a stack of blocks on `tokens` tokens: dense layers and attention. */
export function stackCost(options: StackOptions, tokens: number): number {
  const { depth, backbone = VIT_BACKBONE } = options;
  return depth * backbone.blockCost(options, tokens);
}

/** Embedding every token of the clip, which is how the method's cost is usually stated. */
function embeddingCost(geometry: ClipGeometry, width: number): number {
  return tokenGrid(geometry).tokens * valuesPerToken(geometry) * width;
}

/**
 * Forward cost of a masked autoencoder that encodes `visible` and reconstructs `targets` tokens.
 */
export function maskedAutoencoderCost(
  options: MaskedAutoencoderOptions,
  visible: number,
  targets: number,
): CostByPart {
  const { geometry, encoder, decoder } = options;
  return new Map([
    ["patch embedding", embeddingCost(geometry, encoder.width)],
    ["encoder", stackCost(encoder, visible)],
    ["encoder to decoder", visible * encoder.width * decoder.width],
    ["decoder", stackCost(decoder, visible + targets)],
    ["decoder head", targets * decoder.width * predictedValues(options)],
  ]);
}

/** Forward cost of a classifier that looks at `kept` tokens. */
export function videoClassifierCost(
  { geometry, encoder, classes }: VideoClassifierOptions,
  kept: number,
): CostByPart {
  return new Map([
    ["patch embedding", embeddingCost(geometry, encoder.width)],
    ["encoder", stackCost(encoder, kept)],
    ["head", encoder.width * classes],
  ]);
}

/** Sum over the parts. */
export function totalCost(parts: CostByPart): number {
  return [...parts.values()].reduce((sum, part) => sum + part, 0);
}
