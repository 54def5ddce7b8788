import { type ClipGeometry, type TokenGrid, tokenGrid } from "@videoms/core";
import {
  type CostByPart,
  embeddingCost,
  encoderCost,
  maskedAutoencoderCost,
  type MaskSize,
  probeHeadsCost,
  totalCost,
  videoClassifierCost,
} from "./multiply_accumulates.ts";
import type { MaskedAutoencoderOptions } from "../autoencoder/masked_autoencoder.ts";
import type { Objective } from "../objective/objective.ts";
import type { ProbeHeadsOptions } from "../probe/probe_heads.ts";
import type { VideoClassifierOptions } from "../classifier/video_classifier.ts";
import type { VideoEncoderOptions } from "../encoder/video_encoder.ts";

/** Forward and backward pass in forward passes, by convention; recomputation is not counted. */
const TRAINING_PASSES = 3;

/** The part of a masking strategy that affects cost. */
export interface CountedMasks {
  counts(grid: TokenGrid): MaskSize;
  /** Further masking strategies for each clip. */
  readonly more?: readonly CountedMasks[];
}

/** The part of a frame selector that affects cost. */
export interface CandidateFrames {
  candidateFrames(clip: { frames: number; tubeletSize: number }): number;
  /** Present if it keeps only some candidates, by their embeddings. */
  readonly narrow?: unknown;
}

/** MACs of one clip in training, by part. */
export interface ClipCost {
  /** The forward pass with gradients. */
  readonly forward: CostByPart;
  /** What runs without gradients: a frozen encoder, a teacher, selection among candidate frames. */
  readonly withoutGradient: CostByPart;
}

/** MACs of a clip's forward passes. */
export function forwardCost({ forward, withoutGradient }: ClipCost): number {
  return totalCost(forward) + totalCost(withoutGradient);
}

/** MACs of one clip in training: forward and backward passes, and what runs without gradients. */
export function trainingCost({ forward, withoutGradient }: ClipCost): number {
  return TRAINING_PASSES * totalCost(forward) + totalCost(withoutGradient);
}

/** The masks of a clip in training, by a strategy and its further ones. */
export function masksOf(strategy: CountedMasks, geometry: ClipGeometry): MaskSize[] {
  const grid = tokenGrid(geometry);
  return [strategy, ...strategy.more ?? []].map((one) => one.counts(grid));
}

/** Embedding of all candidates, if a selector uses more frames than it keeps. */
function candidatesCost(
  selector: CandidateFrames,
  geometry: ClipGeometry,
  width: number,
): [string, number][] {
  if (!selector.narrow) return [];
  const frames = selector.candidateFrames(geometry);
  return [["candidate frames", embeddingCost({ ...geometry, frames }, width)]];
}

/** MACs of a clip in pre-training. */
export function pretrainClipCost(
  model: MaskedAutoencoderOptions,
  { strategy, selector, objective }: {
    strategy: CountedMasks;
    selector: CandidateFrames;
    objective: Objective;
  },
): ClipCost {
  const { geometry, encoder } = model;
  const teacher: [string, number][] = objective.needsFeatures
    ? [["teacher", encoderCost(model, tokenGrid(geometry).tokens)]]
    : [];
  return {
    forward: maskedAutoencoderCost(model, masksOf(strategy, geometry)),
    withoutGradient: new Map([
      ...candidatesCost(selector, geometry, encoder.width),
      ...teacher,
    ]),
  };
}

/** Plugins that determine the input of a model with labels. */
export interface LabelledInput {
  readonly tokens: { count(grid: TokenGrid): number };
  readonly selector: CandidateFrames;
}

/** MACs of a clip in fine-tuning. */
export function finetuneClipCost(
  model: VideoClassifierOptions,
  { tokens, selector }: LabelledInput,
): ClipCost {
  const { geometry, encoder } = model;
  return {
    forward: videoClassifierCost(model, tokens.count(tokenGrid(geometry))),
    withoutGradient: new Map(candidatesCost(selector, geometry, encoder.width)),
  };
}

/** MACs of a clip in training probes: the frozen encoder's forward pass and the heads. */
export function probeClipCost(
  model: Pick<VideoEncoderOptions, "geometry" | "encoder">,
  heads: ProbeHeadsOptions,
  { tokens, selector }: LabelledInput,
): ClipCost {
  const { geometry, encoder } = model;
  const kept = tokens.count(tokenGrid(geometry));
  return {
    forward: probeHeadsCost(heads, kept),
    withoutGradient: new Map([
      ...candidatesCost(selector, geometry, encoder.width),
      ["frozen encoder", encoderCost(model, kept)],
    ]),
  };
}
