import { annotations, standardAugmentation } from "@videoms/data";
import { motionCentric, motionCentricTokens, segments } from "@videoms/masking";
import type { ModelSettings, TeachSettings } from "@videoms/studio";
import { defineFinetune, type FinetuneTask } from "../../definition/finetune_task.ts";
import { definePretrain, type PretrainTask } from "../../definition/pretrain_task.ts";
import { ENCODER_FIELDS, type EncoderModel } from "../../definition/run_task.ts";
import { decoderSizes, encoderSizes, geometryOf } from "../../runs/network/model_options.ts";

/** A network that two cores train in minutes. */
const SMALL = {
  ...{ width: 96, depth: 3, heads: 3 },
  ...{ imageSize: 64, patchSize: 8, frames: 16, tubeletSize: 2 },
};

const SMALL_DECODER = { decoderWidth: 64, decoderDepth: 2, decoderHeads: 2 };

/** The encoder of a run's network. */
function encoderFields(model: EncoderModel): EncoderModel {
  const names = Object.keys(ENCODER_FIELDS) as (keyof EncoderModel)[];
  return Object.fromEntries(names.map((name) => [name, model[name]])) as unknown as EncoderModel;
}

/** The network of a task as a page makes it. */
export function modelSettings(
  task: PretrainTask | FinetuneTask,
  like: PretrainTask,
): ModelSettings {
  const { recompute: _, ...decoder } = decoderSizes({ ...like.model, ...task.model });
  return {
    geometry: geometryOf(task),
    encoder: encoderSizes(task.model),
    backbone: task.model.backbone,
    positions: task.model.positions,
    decoder,
    objective: like.objective,
  };
}

/**
 * How a page teaches: motion, from a few clips that are seen whole, by the tokens that move most, with gentle crops
 * and none mirrored.
 *
 * @param run task of a run whose network is taught further @default a small network
 */
export function teachSettings(run?: PretrainTask | FinetuneTask): TeachSettings {
  const model = run ? encoderFields(run.model) : SMALL;
  const decoder = run?.kind === "pretrain" ? run.model : { ...model, ...SMALL_DECODER };
  const common = { frames: segments(), batch: 16, epochs: 100, checkpointEvery: 50 };
  const data = {
    dataset: annotations({ train: "train.txt", heldOut: "held-out.txt" }),
    samplingRate: 1,
  };
  const pretrain = definePretrain({
    name: "taught/pretrain",
    model: decoder,
    data: { ...data, crop: "centre" },
    ...common,
    masking: motionCentric({ motionRatio: 0.85, maskRatio: 0.9 }),
    optimizer: { lr: 1e-2, minLr: 1e-4, warmupEpochs: 5 },
    steps: 60,
  });
  const finetune = defineFinetune({
    name: "taught/finetune",
    model: { ...model, dropPath: 0, headScale: 1, initialization: "xavier" },
    data,
    ...common,
    tokens: motionCentricTokens({ dropRatio: 0.85 }),
    augmentation: standardAugmentation({ flip: 0, scale: [0.5, 1], erase: 0, order: "fast" }),
    optimizer: {
      ...{ lr: 2.4e-2, minLr: 1e-4, warmupEpochs: 5, betas: [0.9, 0.95], clipGradient: 1 },
      layerDecay: 0.9,
    },
    evaluation: { every: 25, segments: 1, crops: 1 }, // a clip is the whole video
    steps: 120,
  });
  return { model: modelSettings(finetune, pretrain), pretrain, finetune };
}
