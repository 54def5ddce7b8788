import type { ClipGeometry } from "@videoms/core";
import {
  type MaskedAutoencoderOptions,
  MODEL_SIZES,
  type Objective,
  type StackOptions,
  type VideoClassifierOptions,
} from "@videoms/models";
import type { FinetuneModel } from "../task/finetune_task.ts";
import type { PretrainModel } from "../task/pretrain_task.ts";
import type { EncoderModel } from "../task/run_task.ts";

/** The geometry of a task's clips. */
export function geometryOf(
  { model }: { model: Pick<EncoderModel, keyof ClipGeometry> },
): ClipGeometry {
  const { frames, tubeletSize, imageSize, patchSize } = model;
  return { frames, tubeletSize, imageSize, patchSize };
}

/** The encoder of a task: its named size, where the task gives no number of its own. */
export function encoderOf(model: EncoderModel): StackOptions {
  const size = MODEL_SIZES[model.size];
  const { mlpRatio, layerScale, normEpsilon, dropPath, recompute } = model;
  return {
    width: model.width ?? size.width,
    depth: model.depth ?? size.depth,
    heads: model.heads ?? size.heads,
    mlpRatio,
    layerScale,
    normEpsilon,
    dropPath,
    recompute,
  };
}

/**
 * The masked autoencoder of a task.
 *
 * @param objective what it predicts; without one, the pixels of a token
 */
export function autoencoderOf(
  task: { model: PretrainModel },
  objective?: Objective,
): MaskedAutoencoderOptions {
  const { model } = task;
  const size = MODEL_SIZES[model.size];
  const { mlpRatio, layerScale, normEpsilon, recompute } = model;
  const geometry = geometryOf(task);
  const encoder = encoderOf(model);
  return {
    geometry,
    encoder,
    predicted: objective?.values(geometry, encoder.width),
    decoder: {
      width: model.decoderWidth ?? size.decoderWidth,
      depth: model.decoderDepth,
      heads: model.decoderHeads ?? size.decoderHeads,
      mlpRatio,
      layerScale,
      normEpsilon,
      recompute,
    },
  };
}

/** The classifier of a task. */
export function classifierOf(
  task: { model: EncoderModel & Partial<FinetuneModel> },
  classes: number,
): VideoClassifierOptions {
  const { model } = task;
  return {
    geometry: geometryOf(task),
    encoder: encoderOf(model),
    classes,
    headScale: model.headScale,
  };
}
