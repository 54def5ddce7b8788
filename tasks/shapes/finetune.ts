/**
 * Fine-tuning on moving shapes that are rendered on the spot: which way does the shape move? Looks and
 * places are drawn by chance, so that nothing but motion tells the classes apart.
 *
 * Paper     none; a first run that needs no data set, to see that everything works
 * Command   deno task finetune tasks/shapes/finetune.ts
 * Needs     ffmpeg, and a checkpoint in runs/shapes/pretrain (deno task pretrain)
 * Expect    77 to 80 % of 128 held-out videos right, by their centre clips as by five clips each
 *           (deno task evaluate); chance is 10 %. Three minutes on two cores.
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
    dropPath: 0,
    headScale: 1,
    initialization: "xavier", // for a width of 128
  },
  start: { from: "../../runs/shapes/pretrain" },
  data: { dataset: shapes(), samplingRate: 2 },
  frames: spread(),
  // A shape covers a tenth of the frame, and what stands still says nothing about its way.
  tokens: motionCentricTokens({ dropRatio: 0.9 }),
  // Looks that change keep the network from learning videos by heart; mirrored clips would change class.
  augmentation: standardAugmentation({ flip: 0, scale: [0.5, 1], erase: 0 }),
  optimizer: {
    lr: 2.4e-2, // 1.5e-3 for 16 clips
    minLr: 1e-4,
    warmupEpochs: 0.5,
    betas: [0.9, 0.95], // for a few hundred steps
    clipGradient: 1,
    layerDecay: 0.9,
  },
  evaluation: { segments: 5, crops: 1 }, // the frames are square
  epochs: 8,
  batch: 16,
  checkpointEvery: 4,
});

export default task;
