/**
 * Fine-tuning on moving shapes that are rendered on the spot: which way does the shape move? Looks and
 * places are drawn by chance, so that nothing but motion tells the classes apart.
 *
 * Paper     none; a first run that needs no data set, to see that everything works
 * Command   deno task finetune tasks/shapes/finetune.ts
 * Needs     ffmpeg, and a checkpoint in runs/shapes/pretrain (deno task pretrain)
 *
 * @module
 */

import { shapes, standardAugmentation } from "@videoms/data";
import { motionCentricTokens, spread } from "@videoms/masking";
import { defineFinetune, type FinetuneTask } from "@videoms/tasks";

const task: FinetuneTask = defineFinetune({
  name: "shapes/finetune",
  model: {
    width: 128,
    depth: 4,
    heads: 4,
    imageSize: 64,
    patchSize: 8,
    frames: 16,
    tubeletSize: 2,
  },
  start: { from: "runs/shapes/pretrain" },
  data: { dataset: shapes(), samplingRate: 1 },
  frames: spread(),
  tokens: motionCentricTokens({ dropRatio: 0.4 }),
  // Mirrored or turned clips would change their class, and there is little to see in small crops.
  augmentation: standardAugmentation({ randAugment: "none", flip: 0, scale: [0.5, 1], erase: 0 }),
  optimizer: { lr: 2e-2, minLr: 1e-4, warmupEpochs: 1, layerDecay: 0.75 },
  evaluation: { segments: 5, crops: 3 },
  epochs: 10,
  batch: 16,
  checkpointEvery: 5,
});

export default task;
