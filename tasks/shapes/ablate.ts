/**
 * Which masks teach more about motion? Random, tube and motion-centric masks, each with five seeds: a short
 * pre-training on rendered shapes, then a fine-tuning that has to tell which way a shape moves.
 *
 * Paper     the question of EVEREST's table of masking strategies (arXiv 2211.10636), on a laptop
 * Command   deno task ablate
 * Needs     ffmpeg; 1,152 videos of 64 × 64 pixels are rendered to datasets/shapes first (10 s)
 * Expect    two tables, at equal epochs and at equal multiply-accumulates, and runs/shapes/ablate/report.html. Measured on
 *           two cores in 20 minutes (bench/README.md): of 128 held-out videos 71 and 73 % are right after motion-centric masks,
 *           56 % after tubes, 46 % after random masks; motion-centric beats tube by 14.4 ± 10.9 and 16.7 ± 12.5 points;
 *           chance is 10 %
 *
 * @module
 */

import { standardAugmentation } from "@videoms/data";
import { motionCentric, random, tube } from "@videoms/masking";
import { type AblateTask, defineAblation, defineFinetune, definePretrain } from "@videoms/tasks";
import finetune from "./finetune.ts";
import pretrain from "./pretrain.ts";

// Half the frames of a clip, further apart: half the cost, and motion enough.
const frames = 8;
const samplingRate = 3;

const task: AblateTask = defineAblation({
  name: "shapes/ablate",
  pretrain: definePretrain({
    ...pretrain,
    model: { ...pretrain.model, frames, decoderDepth: 1 },
    data: { ...pretrain.data, samplingRate },
    epochs: 5,
    checkpointEvery: 5,
  }),
  finetune: defineFinetune({
    ...finetune,
    model: { ...finetune.model, frames },
    data: { ...finetune.data, samplingRate },
    // In so few epochs nothing is learned by heart, and RandAugment would delay learning beyond them.
    augmentation: standardAugmentation({ randAugment: "none", flip: 0, scale: [0.5, 1], erase: 0 }),
    epochs: 4,
    checkpointEvery: 2,
    evaluation: { every: 4, segments: 2, crops: 1 },
  }),
  axes: {
    masking: {
      // As many tokens as tubes hide, whose ratio is rounded in each tubelet.
      "random": { "pretrain.masking": random({ maskRatio: 0.891 }) },
      "tube": { "pretrain.masking": tube({ maskRatio: 0.9 }) },
      "motion-centric": {
        "pretrain.masking": motionCentric({ motionRatio: 0.9, maskRatio: 0.95 }),
      },
    },
  },
  equalCost: "epochs and multiply-accumulates",
  seeds: [0, 1, 2, 3, 4],
  baseline: { masking: "tube" },
});

export default task;
