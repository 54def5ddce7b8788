/**
 * Pre-training on moving shapes that are rendered on the spot: a small network, minutes on a CPU.
 *
 * Paper     none; a first run that needs no data set, to see that everything works
 * Command   deno task pretrain tasks/shapes/pretrain.ts
 * Needs     ffmpeg; 1,152 videos of 64 × 64 pixels are rendered to datasets/shapes first (15 s)
 * Expect    a loss of 0.82 on held-out clips (1.30 at the start, 1.0 for predicting every patch's mean)
 *           after two and a half minutes on two cores, and in runs/shapes/pretrain/pictures
 *           reconstructions that continue background and shape
 *
 * @module
 */

import { shapes } from "@videoms/data";
import { dense, motionCentric } from "@videoms/masking";
import { definePretrain, type PretrainTask } from "@videoms/tasks";

const task: PretrainTask = definePretrain({
  name: "shapes/pretrain",
  model: {
    width: 128,
    depth: 4,
    heads: 4,
    decoderWidth: 64,
    decoderDepth: 2,
    decoderHeads: 2,
    imageSize: 64,
    patchSize: 8,
    frames: 16,
    tubeletSize: 2,
  },
  data: { dataset: shapes(), samplingRate: 2, crop: "centre", heldOutClips: 64 },
  frames: dense(),
  masking: motionCentric({ motionRatio: 0.6, maskRatio: 0.8 }),
  optimizer: { lr: 2e-2, minLr: 2e-4, warmupEpochs: 0.5 },
  epochs: 5,
  batch: 16,
  checkpointEvery: 1,
});

export default task;
