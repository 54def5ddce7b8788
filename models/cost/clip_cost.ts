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

/** Forward and backward pass in forward passes, as is usual; a recomputed forward pass is not counted. */
const TRAINING_PASSES = 3;

/** A masking strategy, as far as costs depend on it. */
export interface CountedMasks {
  counts(grid: TokenGrid): MaskSize;
  /** Strategies that mask each clip once more. */
  readonly more?: readonly CountedMasks[];
}

/** A frame selector, as far as costs depend on it. */
export interface CandidateFrames {
  candidateFrames(clip: { frames: number; tubeletSize: number }): number;
  /** There if it keeps some of the candidates only, by their embeddings. */
  readonly narrow?: unknown;
}

/** Multiply-accumulates of one clip in training, by part. */
export interface ClipCost {
  /** The forward pass that gradients are taken of. */
  readonly forward: CostByPart;
  /** What runs beside it without a gradient: a frozen encoder, a teacher, the choice among candidate frames. */
  readonly withoutGradient: CostByPart;
}

/** Multiply-accumulates of all that a clip goes through once. */
export function forwardCost({ forward, withoutGradient }: ClipCost): number {
  return totalCost(forward) + totalCost(withoutGradient);
}

/** Multiply-accumulates of one clip in training: forward and backward, and what runs beside. */
export function trainingCost({ forward, withoutGradient }: ClipCost): number {
  return TRAINING_PASSES * totalCost(forward) + totalCost(withoutGradient);
}

/** The masks of a clip in training, by a strategy and those that mask each clip once more. */
export function masksOf(strategy: CountedMasks, geometry: ClipGeometry): MaskSize[] {
  const grid = tokenGrid(geometry);
  return [strategy, ...strategy.more ?? []].map((one) => one.counts(grid));
}

/** An embedding of all candidates, where a selector looks at more frames than it keeps. */
function candidatesCost(
  selector: CandidateFrames,
  geometry: ClipGeometry,
  width: number,
): [string, number][] {
  if (!selector.narrow) return [];
  const frames = selector.candidateFrames(geometry);
  return [["candidate frames", embeddingCost({ ...geometry, frames }, width)]];
}

/** Multiply-accumulates of a clip in pre-training. */
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

/** Plugins that say what a model with labels looks at. */
export interface LabelledInput {
  readonly tokens: { count(grid: TokenGrid): number };
  readonly selector: CandidateFrames;
}

/** Multiply-accumulates of a clip in fine-tuning. */
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

/** What a clip costs in training probes: the frozen encoder's forward pass, and the heads. */
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
