/**
 * What is pre-training worth on real clips whose class is a motion, and what does a network have to see of them? From
 * scratch, and after pre-training with motion-centric, random and tube masks at equal multiply-accumulates; and from
 * scratch with the tokens that move least, with all tokens, and with one frame of each clip. On the folds of a
 * cross-validation.
 *
 * Command   deno task ablate tasks/gestures/ablate.ts
 * Needs     the lists that tasks/gestures/pretrain.ts names, with --folds 4 in place of --held-out 0.25; twelve
 *           pre-trainings and 28 fine-tunings, each as long as those tasks: in the background, as cells resume.
 *           With oneAtATime: false every start is tried with every input, 64 fine-tunings
 * Expect    one cell measured so far: from scratch with the tokens that move most 77.5 % of the 40 held-out clips of
 *           fold 1 right, one seed; chance is 10 %
 *
 * @module
 */

import {
  allTokens,
  motionCentric,
  motionCentricTokens,
  random,
  segments,
  still,
  tube,
} from "@videoms/masking";
import { type AblateTask, defineAblation, defineFinetune, definePretrain } from "@videoms/tasks";
import finetune from "./finetune.ts";
import pretrain from "./pretrain.ts";

/** The frames and tokens of a fine-tuning. */
const seen = (frames = segments(), tokens = motionCentricTokens({ dropRatio: 0.85 })) => ({
  "finetune.frames": frames,
  "finetune.tokens": tokens,
});

const task: AblateTask = defineAblation({
  name: "gestures/ablate",
  pretrain: definePretrain(pretrain),
  finetune: defineFinetune(finetune),
  axes: {
    start: {
      "from scratch": { pretrain: null },
      "motion-centric": {
        "pretrain.masking": motionCentric({ motionRatio: 0.7, maskRatio: 0.9 }),
      },
      "random": { "pretrain.masking": random({ maskRatio: 0.9 }) },
      "tube": { "pretrain.masking": tube({ maskRatio: 0.9 }) },
    },
    input: {
      "moving tokens": seen(),
      // One tubelet; more would repeat it.
      "one frame": { ...seen(still(), allTokens()), "finetune.model.frames": 2 },
      "still tokens": seen(segments(), motionCentricTokens({ dropRatio: 0.85, keep: "least" })),
      "all tokens": seen(segments(), allTokens()),
    },
  },
  oneAtATime: true,
  equalCost: "multiply-accumulates",
  folds: [1, 2, 3, 4].map((fold) => ({
    train: `../../datasets/gestures/fold${fold}-train.txt`,
    heldOut: `../../datasets/gestures/fold${fold}-held-out.txt`,
  })),
  seeds: [0],
  baseline: { start: "from scratch", input: "moving tokens" },
});

export default task;
