/**
 * Pre-training on moving shapes that are rendered on the spot: a small network, minutes on a CPU.
 *
 * Paper     none; a first run that needs no data set, to see that everything works
 * Command   deno task pretrain tasks/shapes/pretrain.ts
 * Needs     ffmpeg; 1,152 videos of 64 × 64 pixels are rendered to datasets/shapes first (10 s)
 * Expect    a loss of 0.92 on held-out clips (1.29 at the start, 1.0 for predicting every patch's mean)
 *           after three minutes on two cores, and in runs/shapes/pretrain/pictures
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
  // A shape covers a tenth of the frame; more tokens would be background, which teaches no motion.
  masking: motionCentric({ motionRatio: 0.9, maskRatio: 0.95 }),
  optimizer: { lr: 1e-2, minLr: 1e-4, warmupEpochs: 0.5 },
  epochs: 20,
  batch: 16,
  checkpointEvery: 4,
});

export default task;
