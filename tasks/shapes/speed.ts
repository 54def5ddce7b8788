/**
 * Fine-tuning on moving shapes for a number in place of a class: how quickly does the shape move? In percent of the side
 * of the frame from frame to frame; turning and growing count too, and some shapes are still.
 *
 * Command   deno task finetune tasks/shapes/speed.ts
 * Needs     ffmpeg, and a checkpoint in runs/shapes/pretrain (deno task pretrain)
 * Expect    an R² of 0.66 to 0.81 on 128 held-out videos with four seeds; from scratch (--from none) 0.73 to 0.78 with three
 *           and 0.23 with one. Three epochs (--epochs 3): 0.57 to 0.75 with five seeds, 0.67 on average, from scratch 0.18 to
 *           0.72, 0.59 on average, 40 s each on two cores (bench/README.md)
 *
 * @module
 */

import { shapes, standardAugmentation } from "@videoms/data";
import { defineFinetune, type FinetuneTask } from "@videoms/tasks";
import finetune from "./finetune.ts";

const task: FinetuneTask = defineFinetune({
  ...finetune,
  name: "shapes/speed",
  // That of so short a pre-training shows mean colours, beside which motion fades.
  start: { ...finetune.start, patchEmbedding: false },
  data: { ...finetune.data, dataset: shapes({ targets: "speed" }) },
  // A crop that is enlarged moves faster than its number says, and one number per clip teaches too little to see
  // through RandAugment in so few epochs. Mirrored, a shape is as quick.
  augmentation: standardAugmentation({
    ...{ randAugment: "none", flip: 0.5, scale: [1, 1], aspect: [1, 1], erase: 0 },
  }),
  evaluation: { ...finetune.evaluation, segments: 1 },
  epochs: 4,
});

export default task;
