/**
 * Pre-training on real clips of a pointing finger, whose class is the path that it draws: a small network, minutes
 * on a CPU.
 *
 * Clips     the folder testvideo of the public repository https://github.com/varunj/EgoGestAR, which states no
 *           licence: git clone https://github.com/varunj/EgoGestAR
 * Command   deno task data list folders --videos EgoGestAR/testvideo --held-out 0.25 --out datasets/gestures
 *           --pattern 'testvideo_(?<class>(?!unclassified)[a-z]+)_(?<group>\d+)\.mp4'
 *           deno task pretrain tasks/gestures/pretrain.ts
 * Needs     those 177 clips, of 10 to 30 frames a second and uneven times; two cores. On a GPU: --set model.size=base
 * Expect    after 40 epochs, five minutes of one core, a loss on held-out clips of 0.98 (1.11 before training); what it is
 *           worth is in tasks/gestures/ablate.ts. 120 epochs are not measured
 *
 * A swipe takes 1 s and a star up to 9 s, so 16 frames are spread over the whole clip: a window of 3 s holds half a star.
 *
 * A number is recorded in the same places for every class, so clips of one number are held out together.
 *
 * @module
 */

import { annotations } from "@videoms/data";
import { motionCentric, segments } from "@videoms/masking";
import { definePretrain, type PretrainTask } from "@videoms/tasks";

const task: PretrainTask = definePretrain({
  name: "gestures/pretrain",
  model: {
    size: "tiny",
    depth: 6,
    decoderWidth: 96,
    decoderDepth: 2,
    decoderHeads: 3,
    imageSize: 112,
    patchSize: 16,
    frames: 16,
    tubeletSize: 2,
  },
  data: {
    dataset: annotations({
      train: "../../datasets/gestures/train.txt",
      heldOut: "../../datasets/gestures/held-out.txt",
      classCount: 10,
    }),
    fps: 15, // 16 frames of the shortest clip
    samplingRate: 1,
    heldOutClips: 32,
  },
  frames: segments(),
  masking: motionCentric({ motionRatio: 0.7, maskRatio: 0.9 }),
  optimizer: { lr: 1e-2, minLr: 1e-4, warmupEpochs: 5 },
  epochs: 120,
  batch: 16,
  checkpointEvery: 20,
});

export default task;
