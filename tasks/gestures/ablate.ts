/**
 * Does pre-training on moving tokens help on real clips whose class is a motion? Random, tube and motion-centric masks
 * at equal multiply-accumulates on the folds of a cross-validation, then a fine-tuning.
 *
 * Command   deno task ablate tasks/gestures/ablate.ts
 * Needs     the lists that tasks/gestures/pretrain.ts names, with --folds 4 in place of --held-out 0.25; twelve
 *           pre-trainings and twelve fine-tunings, each as long as those tasks: in the background, as cells resume
 * Expect    not measured yet; chance is 10 %
 *
 * @module
 */

import { motionCentric, random, tube } from "@videoms/masking";
import { type AblateTask, defineAblation, defineFinetune, definePretrain } from "@videoms/tasks";
import finetune from "./finetune.ts";
import pretrain from "./pretrain.ts";

const task: AblateTask = defineAblation({
  name: "gestures/ablate",
  pretrain: definePretrain(pretrain),
  finetune: defineFinetune(finetune),
  axes: {
    masking: {
      "random": { "pretrain.masking": random({ maskRatio: 0.9 }) },
      "tube": { "pretrain.masking": tube({ maskRatio: 0.9 }) },
      "motion-centric": {
        "pretrain.masking": motionCentric({ motionRatio: 0.7, maskRatio: 0.9 }),
      },
    },
  },
  equalCost: "multiply-accumulates",
  folds: [1, 2, 3, 4].map((fold) => ({
    train: `../../datasets/gestures/fold${fold}-train.txt`,
    heldOut: `../../datasets/gestures/fold${fold}-held-out.txt`,
  })),
  seeds: [0],
  baseline: { masking: "tube" },
});

export default task;
