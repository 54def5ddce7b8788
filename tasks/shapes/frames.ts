/**
 * Do frames that inform help where little happens? Shapes that stand still for two thirds of each video, seen by eight
 * frames of the whole video: evenly spaced, or chosen of more by the paper's information-intensive selection; and, for as
 * many decoded frames, all of these. From scratch, with five seeds.
 *
 * Paper     frame selection of EVEREST (arXiv 2211.10636), on a laptop
 * Command   deno task ablate tasks/shapes/frames.ts
 * Needs     ffmpeg; 1,152 videos of 64 × 64 pixels are rendered to datasets/shapes first
 * Expect    not measured yet; chance is 10 %
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
    evaluation: { every: 9, segments: 1, crops: 1 }, // a clip is the whole video
    epochs: 9,
    checkpointEvery: 9,
  }),
  axes: {
    frames: {
      "8 of 8": evenly(8),
      "8 of 24": chosen(24),
      "24 of 24": evenly(24),
    },
  },
  seeds: [0, 1, 2, 3, 4],
  baseline: { frames: "8 of 24" },
});

export default task;
