import { PROBE_KINDS } from "@videoms/models";
import type { FieldRules } from "./field_rule.ts";
import { ENCODER_WEIGHTS, type ProbeTask } from "./probe_task.ts";
import { RULE, RUN_FIELDS } from "./run_fields.ts";

/** The rule of every field of a probe. */
export const PROBE_FIELDS: FieldRules<ProbeTask> = {
  "kind": { type: "choice", choices: ["probe"] },
  ...RUN_FIELDS,
  "encoder.from": { type: "text", pattern: /./, says: "a run folder or a checkpoint file" },
  "encoder.weights": { type: "choice", choices: ENCODER_WEIGHTS },
  "heads.kinds": { type: "choices", choices: PROBE_KINDS },
  "heads.rates": { type: "numbers", above: 0 },
  "heads.decays": { type: "numbers", from: 0 },
  "heads.attentiveHeads": { ...RULE.positive, nullable: true },
  "frames": { type: "plugin", kind: "frames" },
  "tokens": { type: "plugin", kind: "tokens" },
  "augmentation": { type: "plugin", kind: "augmentation" },
  "evaluation.every": RULE.positive,
  "evaluation.segments": RULE.positive,
  "evaluation.crops": RULE.positive,
  "evaluation.batch": { ...RULE.positive, nullable: true },
};
