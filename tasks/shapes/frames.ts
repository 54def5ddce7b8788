/**
 * Do frames that inform help where little happens? Shapes that stand still for two thirds of each video, seen by eight
 * frames of the whole video: evenly spaced, or chosen of more by the paper's information-intensive selection; and, for as
 * many decoded frames, all of these. From scratch, with five seeds.
 *
 * Paper     frame selection of EVEREST (arXiv 2211.10636), on a laptop
 * Command   deno task ablate tasks/shapes/frames.ts
 * Needs     ffmpeg; 1,152 videos of 64 × 64 pixels are rendered to datasets/shapes first
 * Expect    top-1 of 68 ± 12 % with 8 of 24 frames, 57 ± 14 % with 8 of 12, 48 ± 15 % with 8 spaced evenly; 36 ± 13 and
 *           28 ± 6 % with all 12 and 24, whose longer sequences learn later (bench/README.md). Chance is 10 %; 25 runs, some
 *           15 minutes on two cores
 *
 * @module
 */

import { shapes, standardAugmentation } from "@videoms/data";
import { dense, informationIntensive } from "@videoms/masking";
import { type AblateTask, defineAblation, defineFinetune } from "@videoms/tasks";
import finetune from "./finetune.ts";

/** Frames of a video. */
const whole = 48;

/** Evenly spaced frames of the whole video, all of them seen. */
const evenly = (frames: number) => ({
  "finetune.model.frames": frames,
  "finetune.data.samplingRate": whole / frames,
  "finetune.frames": dense(),
});

/** Eight frames, chosen of more. */
const chosen = (decoded: number) => ({
  "finetune.frames": informationIntensive({ alpha: decoded / 8, motionRatio: 0.9 }),
});

const task: AblateTask = defineAblation({
  name: "shapes/frames",
  finetune: defineFinetune({
    ...finetune,
    start: { from: null },
    model: { ...finetune.model, frames: 8 },
    data: { dataset: shapes({ frames: whole, paused: 0.67 }), samplingRate: whole / 8 },
    augmentation: standardAugmentation({ randAugment: "none", flip: 0, scale: [0.5, 1], erase: 0 }),
    evaluation: { every: 6, segments: 1, crops: 1 }, // a clip is the whole video
    epochs: 6,
    checkpointEvery: 6,
  }),
  axes: {
    frames: {
      "8 of 8": evenly(8),
      "8 of 12": chosen(12),
      "8 of 24": chosen(24),
      "12 of 12": evenly(12),
      "24 of 24": evenly(24),
    },
  },
  seeds: [0, 1, 2, 3, 4],
  baseline: { frames: "8 of 8" },
});

export default task;
