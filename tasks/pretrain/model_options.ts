import type { ClipGeometry } from "@videoms/core";
import {
  type MaskedAutoencoderOptions,
  MODEL_SIZES,
  type VideoClassifierOptions,
} from "@videoms/models";
import type { PretrainTask } from "../task/pretrain_task.ts";

/** The geometry of a task's clips. */
export function geometryOf({ model }: PretrainTask): ClipGeometry {
  const { frames, tubeletSize, imageSize, patchSize } = model;
  return { frames, tubeletSize, imageSize, patchSize };
}

/** The masked autoencoder of a task: its named size, where the task gives no number of its own. */
export function autoencoderOf(task: PretrainTask): MaskedAutoencoderOptions {
  const { model } = task;
  const size = MODEL_SIZES[model.size];
  const { mlpRatio, layerScale } = model;
  const width = model.width ?? size.width;
  return {
    geometry: geometryOf(task),
    encoder: {
      width,
      depth: model.depth ?? size.depth,
      heads: model.heads ?? size.heads,
      mlpRatio,
      layerScale,
      dropPath: model.dropPath,
    },
    decoder: {
      width: model.decoderWidth ?? size.decoderWidth,
      depth: model.decoderDepth,
      heads: model.decoderHeads ?? size.decoderHeads,
      mlpRatio,
      layerScale,
    },
  };
}

/** The classifier that fine-tunes a task's encoder. */
export function classifierOf(task: PretrainTask, classes: number): VideoClassifierOptions {
  const { geometry, encoder } = autoencoderOf(task);
  return { geometry, encoder, classes };
}
