/**
 * Which masks teach more about motion? Random, tube and motion-centric masks, each with three seeds: a short
 * pre-training on rendered shapes, then a fine-tuning that has to tell which way a shape moves.
 *
 * Paper     the question of EVEREST's table of masking strategies (arXiv 2211.10636), on a laptop
 * Command   deno task ablate
 * Needs     ffmpeg; 1,152 videos of 64 × 64 pixels are rendered to datasets/shapes first (10 s)
 * Expect    after 24 minutes on two cores a table and runs/shapes/ablate/report.html: motion-centric masks tell
 *           53 % of the held-out videos right, random 23 %, tube 21 % (means of three seeds; chance is 10 %)
 *
 * @module
 */

import { motionCentric, random, tube } from "@videoms/masking";
import { type AblateTask, defineAblation, defineFinetune, definePretrain } from "@videoms/tasks";
import finetune from "./finetune.ts";
import pretrain from "./pretrain.ts";

const task: AblateTask = defineAblation({
  name: "shapes/ablate",
  pretrain: definePretrain({ ...pretrain, epochs: 6, checkpointEvery: 2, keepCheckpoints: 1 }),
  finetune: defineFinetune({
    ...finetune,
    epochs: 4,
    checkpointEvery: 2,
    keepCheckpoints: 1,
    evaluation: { ...finetune.evaluation, segments: 2 },
  }),
  axes: {
    masking: {
      "random": { "pretrain.masking": random({ maskRatio: 0.9 }) },
      "tube": { "pretrain.masking": tube({ maskRatio: 0.9 }) },
      "motion-centric": {
        "pretrain.masking": motionCentric({ motionRatio: 0.9, maskRatio: 0.95 }),
      },
    },
  },
  seeds: [0, 1, 2],
  baseline: { masking: "tube" },
});

export default task;
