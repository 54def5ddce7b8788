import { allTokens } from "@videoms/masking";
import {
  finalEpsilon,
  type KnownModel,
  type UnseenFacts,
  USUAL_EPSILON,
  usualSize,
} from "@videoms/models";
import { defineFinetune } from "../../definition/finetune_task.ts";
import { definePretrain } from "../../definition/pretrain_task.ts";
import type { FinetuneTask } from "../../definition/finetune_task.ts";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import { decoderSizes, encoderSizes } from "../network/model_options.ts";

/** A task that trains an encoder. */
export type EncoderTask = PretrainTask | FinetuneTask;

/** What a task says of its model that no tensor's shape tells. */
export function factsOfTask(task: EncoderTask): Omit<UnseenFacts, "labels"> {
  const { imageSize, frames } = task.model;
  const encoder = encoderSizes(task.model);
  const decoder = task.kind === "pretrain" ? decoderSizes(task.model) : null;
  return {
    heads: encoder.heads,
    decoderHeads: decoder?.heads ?? null,
    imageSize,
    frames,
    normEpsilon: encoder.normEpsilon ?? USUAL_EPSILON,
    headNormEpsilon: task.kind === "finetune" ? finalEpsilon(encoder) ?? USUAL_EPSILON : null,
    decoderFinalNormEpsilon: decoder && (finalEpsilon(decoder) ?? USUAL_EPSILON),
    positions: task.model.positions,
  };
}

/**
 * A task with the model of foreign weights, for whoever only looks at their encoder: clips as
 * published where nothing tells their size, every token, no videos.
 *
 * @param path where the weights are, for messages
 * @throws {RangeError} if nothing tells the number of heads
 */
export function taskOfWeights(known: KnownModel, path: string): EncoderTask {
  const heads = known.heads ?? usualSize(known)?.[1].heads;
  if (heads === undefined) {
    throw new RangeError(
      `Cannot load weights: the heads of the model in ${path} must be known, got none beside the ` +
        "weights. `deno task convert` with --heads notes them.",
    );
  }
  const { width, depth, mlpRatio, mlp, qkNorm, classToken, registers, patchSize } = known;
  const model = {
    ...{ width, depth, heads, mlpRatio, mlp, qkNorm, classToken, registers, patchSize },
    tubeletSize: known.tubeletSize ?? undefined,
    imageSize: known.imageSize ?? undefined,
    frames: known.frames ?? undefined,
    normEpsilon: known.normEpsilon ?? undefined,
    layerScale: known.layerScale ? 1 : 0,
    positions: known.positions ?? undefined,
  };
  if (known.meanPooling) {
    const { headNormEpsilon } = known;
    return defineFinetune({ model: { ...model, headNormEpsilon }, tokens: allTokens() });
  }
  const { decoderWidth, decoderHeads, decoderFinalNormEpsilon } = known;
  const decoder = { decoderWidth, decoderHeads, decoderFinalNormEpsilon };
  const decoderDepth = known.decoderDepth ?? undefined;
  return definePretrain({ model: { ...model, ...decoder, decoderDepth } });
}
