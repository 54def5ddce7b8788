/**
 * What is pre-training worth on real clips whose class is a motion, and what does a network have to see of them? From
 * scratch, and after pre-training with motion-centric, random and tube masks at equal multiply-accumulates; and from
 * scratch with the tokens that move least, with all tokens, and with one frame of each clip. On the folds of a
 * cross-validation.
 *
 * Command   deno task ablate tasks/gestures/ablate.ts
 * Needs     the lists that tasks/gestures/pretrain.ts names, with --folds 4 in place of --held-out 0.25; twelve
 *           pre-trainings of 40 epochs and 28 fine-tunings, three hours of one core and for all tokens about one more: in
 *           the background, as cells resume, and with --shard 1/2 and 2/2 on two cores. With oneAtATime: false every
 *           start is tried with every input, 64 fine-tunings
 * Expect    of the 177 clips, each held out once, right (one seed, mean and 95 % interval over folds, bench/README.md): from
 *           scratch with the tokens that move most 74.4 ± 14.1 %; after motion-centric, random and tube masks 70.0 ± 1.0,
 *           65.1 ± 5.9 and 54.0 ± 34.1 %: on so few clips this pre-training brings nothing. With one frame of each clip 9.4
 *           and with the tokens that move least 9.7 %: chance is 10 %. All tokens are not measured
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
  pretrain: definePretrain({ ...pretrain, epochs: 40, checkpointEvery: 40 }),
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
