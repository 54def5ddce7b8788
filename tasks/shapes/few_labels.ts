/**
 * What is pre-training worth where labels are few? The shapes classifier fine-tuned with 100 labelled videos, from
 * scratch and after a pre-training without labels, with three seeds.
 *
 * Command   deno task ablate tasks/shapes/few_labels.ts
 * Needs     ffmpeg; 1,152 and 420 videos of 64 × 64 pixels are rendered to datasets/shapes first
 * Expect    half an hour on two cores; measured before networks that start from scratch had `xavier` weights in this
 *           task: 73 % of 320 held-out videos right after pre-training, 52 % from scratch (bench/README.md); chance is
 *           10 %
 *
 * @module
 */

import { shapes } from "@videoms/data";
import { type AblateTask, defineAblation, defineFinetune, definePretrain } from "@videoms/tasks";
import finetune from "./finetune.ts";
import pretrain from "./pretrain.ts";

const epochs = 40; // few videos need many

const task: AblateTask = defineAblation({
  name: "shapes/few-labels",
  pretrain: definePretrain(pretrain),
  finetune: defineFinetune({
    ...finetune,
    // The first videos of the set that is pre-trained on.
    data: { ...finetune.data, dataset: shapes({ videos: 100, heldOut: 320 }) },
    optimizer: { ...finetune.optimizer, warmupEpochs: epochs / 10 },
    evaluation: { every: epochs, segments: 1, crops: 1 },
    epochs,
  }),
  axes: { start: { "from scratch": { pretrain: null }, "pre-trained": {} } },
  seeds: [0, 1, 2],
  baseline: { start: "from scratch" },
});

export default task;
