import type { FieldRules } from "./field_rule.ts";
import type { PretrainTask } from "./pretrain_task.ts";
import { ENCODER_FIELDS, RULE, RUN_FIELDS, START_FIELDS } from "./run_fields.ts";

/** The rule of every field of a pre-training task. */
export const PRETRAIN_FIELDS: FieldRules<PretrainTask> = {
  "kind": { type: "choice", choices: ["pretrain"] },
  ...RUN_FIELDS,
  ...ENCODER_FIELDS,
  "model.decoderWidth": { ...RULE.positive, nullable: true },
  "model.decoderDepth": RULE.count,
  "model.decoderHeads": { ...RULE.positive, nullable: true },
  "model.decoderFinalNormEpsilon": { type: "number", above: 0, nullable: true },
  ...START_FIELDS,
  "data.crop": { type: "choice", choices: ["multi-scale", "centre"] },
  "data.heldOutClips": RULE.count,
  "frames": { type: "plugin", kind: "frames" },
  "masking": { type: "plugin", kind: "masking" },
  "objective": { type: "plugin", kind: "objective" },
  "pictureEvery": RULE.count,
};
