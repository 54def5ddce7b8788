/**
 * What do real clips whose class is a motion give without pre-training? The tokens that move most, all tokens, and one
 * frame of each clip, trained from scratch on the folds of a cross-validation.
 *
 * Command   deno task ablate tasks/gestures/scratch.ts
 * Needs     the lists that tasks/gestures/ablate.ts names; twelve fine-tunings: in the background, as cells resume
 * Expect    not measured yet; chance is 10 %
 *
 * @module
 */

import { allTokens, motionCentricTokens, segments, still } from "@videoms/masking";
import { type AblateTask, defineAblation, defineFinetune } from "@videoms/tasks";
import ablate from "./ablate.ts";
import finetune from "./finetune.ts";

const tokens = motionCentricTokens({ dropRatio: 0.85 });

const task: AblateTask = defineAblation({
  name: "gestures/scratch",
  finetune: defineFinetune({ ...finetune, start: { from: null } }),
  axes: {
    input: {
      "moving tokens": { "finetune.frames": segments(), "finetune.tokens": tokens },
      "one frame": {
        "finetune.frames": still(),
        "finetune.tokens": allTokens(),
        "finetune.model.frames": 2, // one tubelet; more would repeat it
      },
      "all tokens": { "finetune.frames": segments(), "finetune.tokens": allTokens() },
    },
  },
  folds: ablate.folds,
  seeds: [0],
  baseline: { input: "one frame" },
});

export default task;
