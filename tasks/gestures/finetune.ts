/**
 * Fine-tuning on real clips of a pointing finger: which path does it draw? Looks at the 15 % of the tokens that move
 * most.
 *
 * Command   deno task finetune tasks/gestures/finetune.ts
 * Baseline  deno task finetune tasks/gestures/finetune.ts --set frames=still --out runs/gestures/still
 *           which sees one frame of each clip; and --from none, without pre-training
 * Controls  deno task evaluate runs/gestures/finetune --control still --control reversed
 * Needs     a checkpoint in runs/gestures/pretrain, and the lists that tasks/gestures/pretrain.ts names
 * Expect    from scratch 74.4 ± 14.1 % of the held-out clips right over four folds, one seed (tasks/gestures/ablate.ts), in
 *           five minutes of one core; without RandAugment 50 % after 30 epochs, when 92 % of the training clips were (one
 *           fold). Chance is 10 %. With --control still, shuffled or static-tokens 6 to 9 %; with reversed 9 %: 31 of 36
 *           clips of up and down and 17 of 36 of left and right are then taken for the other
 *
 * The path fills the clip, so crops are gentle; mirrored clips would change their class, so there are none.
 *
 * @module
 */

import { standardAugmentation } from "@videoms/data";
import { motionCentricTokens, segments } from "@videoms/masking";
import { defineFinetune, type FinetuneTask } from "@videoms/tasks";
import pretrain from "./pretrain.ts";

const { size, depth, imageSize, patchSize, frames, tubeletSize } = pretrain.model;
const { dataset, fps, samplingRate } = pretrain.data;

const task: FinetuneTask = defineFinetune({
  name: "gestures/finetune",
  model: {
    ...{ size, depth, imageSize, patchSize, frames, tubeletSize },
    dropPath: 0,
    headScale: 1,
    initialization: "xavier", // for a width of 192
  },
  start: { from: "../../runs/gestures/pretrain" },
  data: { dataset, fps, samplingRate },
  frames: segments(),
  tokens: motionCentricTokens({ dropRatio: 0.85 }),
  augmentation: standardAugmentation({ flip: 0, scale: [0.5, 1], erase: 0, order: "fast" }),
  optimizer: {
    lr: 1.6e-2, // 1e-3 for 16 clips
    minLr: 1e-4,
    warmupEpochs: 5,
    betas: [0.9, 0.95],
    clipGradient: 1,
    layerDecay: 0.9,
  },
  evaluation: { every: 5, segments: 1, crops: 1 }, // a clip is the whole video
  epochs: 40,
  batch: 16,
  checkpointEvery: 20,
});

export default task;
