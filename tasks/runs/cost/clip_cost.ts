import { type ClipGeometry, tokenGrid } from "@videoms/core";
import type { FrameSelector, MaskingStrategy, TokenSelection } from "@videoms/masking";
import {
  type CostByPart,
  embeddingCost,
  encoderCost,
  maskedAutoencoderCost,
  type MaskedAutoencoderOptions,
  type MaskSize,
  type Objective,
  probeHeadsCost,
  type ProbeHeadsOptions,
  totalCost,
  videoClassifierCost,
  type VideoClassifierOptions,
  type VideoEncoderOptions,
} from "@videoms/models";

/** Forward and backward pass in forward passes, as is usual; a recomputed forward pass is not counted. */
const TRAINING_PASSES = 3;

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
export function masksOf(strategy: MaskingStrategy, geometry: ClipGeometry): MaskSize[] {
  const grid = tokenGrid(geometry);
  return [strategy, ...strategy.more ?? []].map((one) => one.counts(grid));
}

/** An embedding of all candidates, where a selector looks at more frames than it keeps. */
function candidatesCost(
  selector: FrameSelector,
  geometry: ClipGeometry,
  width: number,
): [string, number][] {
  if (!selector.narrow) return [];
  const frames = selector.candidateFrames(geometry);
  return [["candidate frames", embeddingCost({ ...geometry, frames }, width)]];
}

export function pretrainClipCost(
  model: MaskedAutoencoderOptions,
  { strategy, selector, objective }: {
    strategy: MaskingStrategy;
    selector: FrameSelector;
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
  readonly tokens: TokenSelection;
  readonly selector: FrameSelector;
}

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
