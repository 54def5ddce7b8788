import type { ClipGeometry, Registry } from "@videoms/core";
import {
  type Backbone,
  type MaskedAutoencoderOptions,
  MODEL_SIZES,
  type Objective,
  type Positions,
  type StackOptions,
  type VideoClassifierOptions,
} from "@videoms/models";
import type { FinetuneModel } from "../../definition/finetune_task.ts";
import type { PretrainModel } from "../../definition/pretrain_task.ts";
import type { EncoderModel } from "../../definition/run_task.ts";

/** The geometry of a task's clips. */
export function geometryOf(
  { model }: { model: Pick<EncoderModel, keyof ClipGeometry> },
): ClipGeometry {
  const { frames, tubeletSize, imageSize, patchSize } = model;
  return { frames, tubeletSize, imageSize, patchSize };
}

/** The network of a task, with what only some kinds of task have. */
type TrainedModel = EncoderModel & Partial<FinetuneModel>;

/** What blocks of an encoder and a decoder have alike. */
function blockOptions({ mlpRatio, mlp, layerScale, qkNorm, normEpsilon, recompute }: EncoderModel) {
  return { mlpRatio, mlp, layerScale, qkNorm, normEpsilon, recompute };
}

/** The sizes of a task's encoder: its named size, where the task gives no number of its own. */
export function encoderSizes(model: TrainedModel): Omit<StackOptions, "backbone" | "positions"> {
  const size = MODEL_SIZES[model.size];
  const { headNormEpsilon, dropPath, classToken, registers } = model;
  return {
    ...blockOptions(model),
    dropPath,
    classToken,
    registers,
    width: model.width ?? size.width,
    depth: model.depth ?? size.depth,
    heads: model.heads ?? size.heads,
    finalNormEpsilon: headNormEpsilon ?? undefined,
  };
}

/**
 * The encoder of a task.
 *
 * @param registry what knows its backbone and positions; not needed for a vision transformer with the default positions
 * @throws {RangeError} if there is none, and the task has others
 */
export function encoderOf(model: TrainedModel, registry?: Registry): StackOptions {
  const { backbone } = model;
  if (!registry && backbone.name !== "vit") {
    throw new RangeError(
      `Cannot build an encoder: without plugins its backbone must be "vit", got "${backbone.name}"`,
    );
  }
  return {
    ...encoderSizes(model),
    backbone: registry?.create<Backbone>(backbone),
    positions: positionsOf(model, registry),
  };
}

/** How blocks of a task's network are told where tokens are. */
function positionsOf({ positions }: TrainedModel, registry?: Registry): Positions | undefined {
  if (registry) return registry.create<Positions>(positions);
  if (positions.name === "sine-cosine") return undefined;
  throw new RangeError(
    `Cannot build an encoder: without plugins its positions must be "sine-cosine", got "${positions.name}"`,
  );
}

/** The sizes of a task's decoder, whose blocks are always those of a vision transformer. */
export function decoderSizes(model: PretrainModel): StackOptions {
  const size = MODEL_SIZES[model.size];
  return {
    ...blockOptions(model),
    width: model.decoderWidth ?? size.decoderWidth,
    depth: model.decoderDepth,
    heads: model.decoderHeads ?? size.decoderHeads,
    finalNormEpsilon: model.decoderFinalNormEpsilon ?? undefined,
  };
}

/**
 * The masked autoencoder of a task.
 *
 * @param registry as for {@linkcode encoderOf}
 * @param objective what it predicts; without one, the pixels of a token
 */
export function autoencoderOf(
  task: { model: PretrainModel },
  registry?: Registry,
  objective?: Objective,
): MaskedAutoencoderOptions {
  const { model } = task;
  const geometry = geometryOf(task);
  const encoder = encoderOf(model, registry);
  return {
    geometry,
    encoder,
    predicted: objective?.values(geometry, encoder.width),
    decoder: { ...decoderSizes(model), positions: positionsOf(model, registry) },
  };
}

/**
 * The classifier of a task.
 *
 * @param registry as for {@linkcode encoderOf}
 */
export function classifierOf(
  task: { model: TrainedModel },
  classes: number,
  registry?: Registry,
): VideoClassifierOptions {
  const { model } = task;
  return {
    geometry: geometryOf(task),
    encoder: encoderOf(model, registry),
    classes,
    headScale: model.headScale,
    initialization: model.initialization,
  };
}
