import type { FieldRules } from "./field_rule.ts";
import { type FinetuneTask, WEIGHT_CHOICES } from "./finetune_task.ts";
import { ENCODER_FIELDS, RULE, RUN_FIELDS, START_FIELDS } from "./run_fields.ts";

/** The rule of every field of a fine-tuning task. */
export const FINETUNE_FIELDS: FieldRules<FinetuneTask> = {
  "kind": { type: "choice", choices: ["finetune"] },
  ...RUN_FIELDS,
  ...ENCODER_FIELDS,
  "model.headScale": { type: "number", above: 0 },
  "model.headNormEpsilon": { type: "number", above: 0, nullable: true },
  ...START_FIELDS,
  "start.normFromEncoder": { type: "boolean" },
  "data.samples": RULE.positive,
  "frames": { type: "plugin", kind: "frames" },
  "tokens": { type: "plugin", kind: "tokens" },
  "augmentation": { type: "plugin", kind: "augmentation" },
  "mix.mixup": RULE.rate,
  "mix.cutmix": RULE.rate,
  "mix.cutmixMinMax": { type: "numbers", count: 2, from: 0, to: 1, nullable: true },
  "mix.probability": RULE.share,
  "mix.switchProbability": RULE.share,
  "mix.mode": { type: "choice", choices: ["batch", "pair", "elem"] },
  "objective.smoothing": { type: "number", from: 0, below: 1 },
  "optimizer.layerDecay": { type: "number", above: 0, to: 1 },
  "evaluation.every": RULE.positive,
  "evaluation.segments": RULE.positive,
  "evaluation.crops": RULE.positive,
  "evaluation.batch": { ...RULE.positive, nullable: true },
  "evaluation.weights": { type: "choice", choices: WEIGHT_CHOICES },
};
