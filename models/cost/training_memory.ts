import { type TokenGrid, tokenGrid, valuesPerToken } from "@videoms/core";
import type { MaskedAutoencoderOptions } from "../autoencoder/masked_autoencoder.ts";
import type { VideoClassifierOptions } from "../classifier/video_classifier.ts";
import type { VideoEncoderOptions } from "../encoder/video_encoder.ts";
import type { Objective } from "../objective/objective.ts";
import { estimateMemory, type MemoryEstimate, type MemoryQuestion } from "./memory_estimate.ts";
import type { MaskSize } from "./multiply_accumulates.ts";

/** What the memory of a step depends on beside the network. */
export type StepLoad = Pick<MemoryQuestion, "batch" | "average" | "clipsPerStep" | "prefetch">;

/** Values per target token that a loss works with: prediction, target, difference and a gradient. */
const LOSS_COPIES = 4;

/**
 * The memory of a pre-training step. All masks of a clip are kept until the backward pass of their mean loss,
 * and with a teacher its features of the whole clip.
 *
 * @param parameters values of all tensors of the model
 */
export function pretrainMemory(
  load: StepLoad,
  { geometry, encoder, decoder, predicted }: MaskedAutoencoderOptions,
  { masks, objective, parameters }: {
    masks: readonly MaskSize[];
    objective: Objective;
    parameters: number;
  },
): MemoryEstimate {
  const targets = masks.reduce((sum, { target }) => sum + target, 0);
  const features = objective.needsFeatures ? tokenGrid(geometry).tokens * encoder.width : 0;
  return estimateMemory({
    ...load,
    geometry,
    parameters,
    embeddingWidth: encoder.width,
    stacks: masks.flatMap(({ visible, target }) => [
      { stack: encoder, tokens: visible },
      { stack: decoder, tokens: visible + target },
    ]),
    extraValues: targets * (predicted ?? valuesPerToken(geometry)) * LOSS_COPIES + features,
  });
}

/**
 * The memory of a fine-tuning step.
 *
 * @param parameters values of all tensors of the model
 */
export function finetuneMemory(
  load: StepLoad,
  { geometry, encoder }: VideoClassifierOptions,
  { tokens, parameters }: { tokens: { count(grid: TokenGrid): number }; parameters: number },
): MemoryEstimate {
  return estimateMemory({
    ...load,
    geometry,
    parameters,
    embeddingWidth: encoder.width,
    stacks: [{ stack: encoder, tokens: tokens.count(tokenGrid(geometry)) }],
    extraValues: 0,
  });
}

/**
 * The memory of a step of probes: a frozen encoder keeps nothing for a backward pass, so that one block's
 * values are there at a time, and the features that all heads share.
 *
 * @param parameters values of all tensors of the heads
 * @param frozenParameters values of all tensors of the encoder
 */
export function probeMemory(
  load: StepLoad,
  { geometry, encoder }: Pick<VideoEncoderOptions, "geometry" | "encoder">,
  { tokens, parameters, frozenParameters }: {
    tokens: { count(grid: TokenGrid): number };
    parameters: number;
    frozenParameters: number;
  },
): MemoryEstimate {
  const kept = tokens.count(tokenGrid(geometry));
  return estimateMemory({
    ...load,
    geometry,
    parameters,
    frozenParameters,
    embeddingWidth: encoder.width,
    stacks: [{ stack: { ...encoder, depth: 1 }, tokens: kept }],
    extraValues: 2 * kept * encoder.width, // the features, and the same normalised
  });
}
