import { tokenGrid, valuesPerToken } from "@videoms/core";
import type { TokenSelection } from "@videoms/masking";
import {
  estimateMemory,
  type MaskedAutoencoderOptions,
  type MaskSize,
  type MemoryEstimate,
  type MemoryQuestion,
  type Objective,
  type VideoClassifierOptions,
  type VideoEncoderOptions,
} from "@videoms/models";
import type { FinetuneTask } from "../../definition/finetune_task.ts";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import type { ProbeTask } from "../../definition/probe_task.ts";
import type { RunTask } from "../../definition/run_task.ts";
import { clipsPerStep } from "./run_cost.ts";

/** What the memory of every task depends on in the same way. */
function shared(
  task: RunTask,
): Pick<MemoryQuestion, "batch" | "average" | "clipsPerStep" | "prefetch"> {
  const clips = clipsPerStep(task);
  return {
    batch: clips / task.accumulate,
    average: task.optimizer.emaDecay !== null,
    clipsPerStep: clips,
    prefetch: task.data.prefetch,
  };
}

/** Values per target token that a loss works with: prediction, target, difference and a gradient. */
const LOSS_COPIES = 4;

/**
 * The memory of a pre-training step. All masks of a clip are kept until the backward pass of their mean loss,
 * and with a teacher its features of the whole clip.
 *
 * @param parameters values of all tensors of the model
 */
export function pretrainMemory(
  task: PretrainTask,
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
    ...shared(task),
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
  task: FinetuneTask,
  { geometry, encoder }: VideoClassifierOptions,
  { tokens, parameters }: { tokens: TokenSelection; parameters: number },
): MemoryEstimate {
  return estimateMemory({
    ...shared(task),
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
  task: ProbeTask,
  { geometry, encoder }: Pick<VideoEncoderOptions, "geometry" | "encoder">,
  { tokens, parameters, frozenParameters }: {
    tokens: TokenSelection;
    parameters: number;
    frozenParameters: number;
  },
): MemoryEstimate {
  const kept = tokens.count(tokenGrid(geometry));
  return estimateMemory({
    ...shared(task),
    geometry,
    parameters,
    frozenParameters,
    embeddingWidth: encoder.width,
    stacks: [{ stack: { ...encoder, depth: 1 }, tokens: kept }],
    extraValues: 2 * kept * encoder.width, // the features, and the same normalised
  });
}
