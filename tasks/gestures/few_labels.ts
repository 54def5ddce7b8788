/**
 * What is pre-training worth on real clips where few have labels? Fine-tuning with a quarter, half and all of the
 * labels, about as many steps each, from scratch and after a pre-training on all clips. On the folds of a cross-validation.
 *
 * Command   deno task ablate tasks/gestures/few_labels.ts --out runs/gestures/ablate
 *           in the folder of tasks/gestures/ablate.ts, whose pre-trainings and cells it uses
 * Needs     what that needs; without its runs four pre-trainings and 24 fine-tunings
 * Expect    not measured yet; chance is 10 %
 *
 * @module
 */

import { type AblateTask, defineAblation } from "@videoms/tasks";
import ablate from "./ablate.ts";

/** A share of the labels, for about as many steps as with all. */
const labelled = (share: number) => ({
  "finetune.data.dataset.share": share,
  "finetune.steps": 320,
  "finetune.optimizer.warmupSteps": 40,
  "finetune.evaluation.every": ablate.finetune!.evaluation.every / share,
});

const { "from scratch": scratch, "motion-centric": pretrained } = ablate.axes.start;

const task: AblateTask = defineAblation({
  ...ablate,
  name: "gestures/few-labels",
  axes: {
    start: { "from scratch": scratch, "motion-centric": pretrained },
    labels: { "25 %": labelled(0.25), "50 %": labelled(0.5), "100 %": {} },
  },
  oneAtATime: false,
  baseline: { start: "from scratch", labels: "100 %" },
});

export default task;
