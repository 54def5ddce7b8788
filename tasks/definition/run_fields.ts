import { BACKENDS, PRECISIONS } from "@videoms/core";
import { MODEL_SIZES } from "@videoms/models";
import type { FieldRules } from "./field_rule.ts";
import type { ClipData, EncoderModel, RunOptimizer, RunStart, RunTask } from "./run_task.ts";

/** Rules that many fields share. */
export const RULE = {
  positive: { type: "whole", from: 1 },
  count: { type: "whole", from: 0 },
  share: { type: "number", from: 0, to: 1 },
  rate: { type: "number", from: 0 },
} as const;

/** Seeds and counts of a run stay below this, so that they fit the words of the random streams. */
const LARGEST_SEED = 2 ** 32 - 1;

/** The rules of the encoder's fields. */
export const ENCODER_FIELDS: FieldRules<{ model: EncoderModel }> = {
  "model.size": { type: "choice", choices: Object.keys(MODEL_SIZES) },
  "model.width": { ...RULE.positive, nullable: true },
  "model.depth": { ...RULE.positive, nullable: true },
  "model.heads": { ...RULE.positive, nullable: true },
  "model.mlpRatio": { type: "number", above: 0 },
  "model.imageSize": RULE.positive,
  "model.patchSize": RULE.positive,
  "model.frames": RULE.positive,
  "model.tubeletSize": RULE.positive,
  "model.dropPath": { type: "number", from: 0, below: 1 },
  "model.layerScale": RULE.rate,
  "model.normEpsilon": { type: "number", above: 0 },
  "model.backbone": { type: "plugin", kind: "backbone" },
  "model.recompute": { type: "boolean" },
};

/** The rules of what a run starts from. */
export const START_FIELDS: FieldRules<{ start: RunStart }> = {
  "start.from": { type: "text", pattern: /./, says: "a run folder or a file", nullable: true },
  "start.average": { type: "boolean" },
};

const CLIP_DATA_FIELDS: FieldRules<{ data: ClipData }> = {
  "data.dataset": { type: "plugin", kind: "dataset" },
  "data.samplingRate": RULE.positive,
  "data.workers": RULE.count,
  "data.prefetch": RULE.positive,
  "data.maxReplaced": RULE.share,
};

const OPTIMIZER_FIELDS: FieldRules<{ optimizer: RunOptimizer }> = {
  "optimizer.lr": { type: "number", above: 0 },
  "optimizer.minLr": RULE.rate,
  "optimizer.warmupLr": RULE.rate,
  "optimizer.warmupEpochs": RULE.rate,
  "optimizer.warmupSteps": RULE.count,
  "optimizer.weightDecay": RULE.rate,
  "optimizer.weightDecayEnd": { ...RULE.rate, nullable: true },
  "optimizer.betas": { type: "numbers", count: 2, from: 0, below: 1 },
  "optimizer.epsilon": { type: "number", above: 0 },
  "optimizer.clipGradient": { type: "number", above: 0, nullable: true },
  "optimizer.emaDecay": { type: "number", from: 0, below: 1, nullable: true },
};

/** The rules of what every run has. */
export const RUN_FIELDS: FieldRules<Omit<RunTask, "kind">> = {
  "name": {
    type: "text",
    // The name becomes a folder, so it must not lead anywhere else.
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/,
    says: "letters, digits, dots, hyphens and underscores, in parts joined by slashes",
  },
  "seed": { type: "whole", from: 0, to: LARGEST_SEED },
  ...CLIP_DATA_FIELDS,
  ...OPTIMIZER_FIELDS,
  "epochs": RULE.positive,
  "steps": { ...RULE.positive, nullable: true },
  "batch": RULE.positive,
  "accumulate": RULE.positive,
  "checkpointEvery": RULE.positive,
  "keepCheckpoints": RULE.positive,
  "keepEvery": RULE.count,
  "skipNonFinite": RULE.count,
  "logEvery": RULE.positive,
  "backend": { type: "choice", choices: BACKENDS },
  "precision": { type: "choice", choices: PRECISIONS },
  "out": { type: "text", pattern: /./, says: "a path", nullable: true },
};
