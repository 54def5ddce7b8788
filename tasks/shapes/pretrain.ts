/**
 * Pre-training on moving shapes that are rendered on the spot: a small network, minutes on a CPU.
 *
 * Paper     none; a first run that needs no data set, to see that everything works
 * Command   deno task pretrain tasks/shapes/pretrain.ts
 * Needs     ffmpeg; about 600 videos of 64 × 64 pixels are rendered to datasets/shapes first
 * Expect    pictures in runs/shapes/pretrain whose reconstructions show the moving shape
 *
 * @module
 */

import { shapes } from "@videoms/data";
import { dense, motionCentric } from "@videoms/masking";
import { definePretrain, type PretrainTask } from "@videoms/tasks";

const task: PretrainTask = definePretrain({
  name: "shapes/pretrain",
  model: {
    width: 192,
    depth: 4,
    heads: 3,
    decoderWidth: 96,
    decoderDepth: 2,
    decoderHeads: 3,
    imageSize: 64,
    patchSize: 8,
    frames: 16,
    tubeletSize: 2,
  },
  data: { dataset: shapes(), samplingRate: 1, crop: "centre" },
  frames: dense(),
  masking: motionCentric({ motionRatio: 0.5, maskRatio: 0.75 }),
  optimizer: { lr: 8e-3, minLr: 1e-4, warmupEpochs: 2 },
  epochs: 20,
  batch: 32,
  checkpointEvery: 5,
});

export default task;
