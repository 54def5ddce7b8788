import { type ClipGeometry, tokenGrid, valuesPerToken } from "@videoms/core";
import {
  type MaskedAutoencoderOptions,
  predictedValues,
} from "../autoencoder/masked_autoencoder.ts";
import { VIT_BACKBONE } from "../backbone/backbone.ts";
import { hiddenWidth } from "../backbone/vit_block.ts";
import type { VideoClassifierOptions } from "../classifier/video_classifier.ts";
import type { ProbeHeadsOptions } from "../probe/probe_heads.ts";
import { extraTokens, type StackOptions } from "../vit/blocks.ts";

/** Multiply-accumulates (MACs) of one clip's forward pass, by part of the network. */
export type CostByPart = ReadonlyMap<string, number>;

/** MACs of a stack of blocks on `tokens` tokens: dense layers and attention, and the rotation of queries and keys. */
export function stackCost(options: StackOptions, tokens: number): number {
  const { depth, width, positions, backbone = VIT_BACKBONE } = options;
  const all = tokens + extraTokens(options);
  const rotation = positions?.rotation ? 4 * all * width : 0;
  return depth * (backbone.blockCost(options, all) + rotation);
}

/** MACs of embedding every token of the clip, as costs are usually stated. */
export function embeddingCost(geometry: ClipGeometry, width: number): number {
  return tokenGrid(geometry).tokens * valuesPerToken(geometry) * width;
}

/** Tokens per clip of a mask. */
export interface MaskSize {
  /** Tokens that the encoder sees, K. */
  readonly visible: number;
  /** Tokens to reconstruct, M. */
  readonly target: number;
}

/**
 * Forward MACs of a masked autoencoder for a clip that is embedded once, then encoded and reconstructed under
 * each mask.
 */
export function maskedAutoencoderCost(
  options: MaskedAutoencoderOptions,
  masks: readonly MaskSize[],
): CostByPart {
  const { geometry, encoder, decoder } = options;
  const sum = (cost: (mask: MaskSize) => number) =>
    masks.reduce((total, mask) => total + cost(mask), 0);
  return new Map([
    ["patch embedding", embeddingCost(geometry, encoder.width)],
    ["encoder", sum(({ visible }) => stackCost(encoder, visible))],
    ["encoder to decoder", sum(({ visible }) => visible * encoder.width * decoder.width)],
    ["decoder", sum(({ visible, target }) => stackCost(decoder, visible + target))],
    ["decoder head", sum(({ target }) => target * decoder.width * predictedValues(options))],
  ]);
}

/** Forward MACs of a classifier with `kept` tokens. */
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

/**
 * Forward MACs of an encoder alone on `kept` tokens: a frozen encoder, or the teacher of a feature objective.
 */
export function encoderCost(
  { geometry, encoder }: Pick<VideoClassifierOptions, "geometry" | "encoder">,
  kept: number,
): number {
  return embeddingCost(geometry, encoder.width) + stackCost(encoder, kept);
}

/**
 * Forward MACs of all probe heads on the features of a clip's `kept` tokens. The scores and means of an
 * attentive head run over all tokens; its projections are of a single query.
 */
export function probeHeadsCost(
  { width, classes, attentiveHeads, heads }: ProbeHeadsOptions,
  kept: number,
): CostByPart {
  const attentive = heads.filter(({ kind }) => kind === "attentive").length;
  const overTokens = 2 * kept * width * attentiveHeads;
  const projections = 2 * width * width + 2 * width * hiddenWidth({ width, heads: 1 });
  return new Map([
    ["linear heads", (heads.length - attentive) * width * classes],
    ["attentive heads", attentive * (overTokens + projections + width * classes)],
  ]);
}

/** Total MACs. */
export function totalCost(parts: CostByPart): number {
  return [...parts.values()].reduce((sum, part) => sum + part, 0);
}
