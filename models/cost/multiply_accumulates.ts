import { type ClipGeometry, tokenGrid, valuesPerToken } from "@videoms/core";
import {
  type MaskedAutoencoderOptions,
  predictedValues,
} from "../autoencoder/masked_autoencoder.ts";
import { VIT_BACKBONE } from "../backbone/backbone.ts";
import { hiddenWidth } from "../backbone/vit_block.ts";
import type { VideoClassifierOptions } from "../classifier/video_classifier.ts";
import type { ProbeHeadsOptions } from "../probe/probe_heads.ts";
import type { StackOptions } from "../vit/blocks.ts";

/** Multiply-accumulates of one clip's forward pass, by part of the network. */
export type CostByPart = ReadonlyMap<string, number>;

/** Multiply-accumulates of a stack of blocks on `tokens` tokens: dense layers and attention. */
export function stackCost(options: StackOptions, tokens: number): number {
  const { depth, backbone = VIT_BACKBONE } = options;
  return depth * backbone.blockCost(options, tokens);
}

/** Embedding every token of the clip, which is how the method's cost is usually stated. */
export function embeddingCost(geometry: ClipGeometry, width: number): number {
  return tokenGrid(geometry).tokens * valuesPerToken(geometry) * width;
}

/** The sizes of a mask: tokens per clip. */
export interface MaskSize {
  /** Tokens that the encoder sees, K. */
  readonly visible: number;
  /** Tokens to reconstruct, M. */
  readonly target: number;
}

/**
 * Forward cost of a masked autoencoder on a clip that is embedded once and then encoded and reconstructed
 * under each of some masks.
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

/**
 * Forward cost of an encoder by itself on `kept` tokens: a frozen one, or the teacher of an objective that
 * predicts features.
 */
export function encoderCost(
  { geometry, encoder }: Pick<VideoClassifierOptions, "geometry" | "encoder">,
  kept: number,
): number {
  return embeddingCost(geometry, encoder.width) + stackCost(encoder, kept);
}

/**
 * Forward cost of probe heads on the features of a clip's `kept` tokens, all heads together. An attentive
 * head's scores and means pass over the tokens; its projections are of one query, so they do not.
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

/** Sum over the parts. */
export function totalCost(parts: CostByPart): number {
  return [...parts.values()].reduce((sum, part) => sum + part, 0);
}
