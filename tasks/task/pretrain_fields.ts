import { BACKENDS } from "@videoms/core";
import { MODEL_SIZES } from "@videoms/models";
import type { FieldRules } from "./field_rule.ts";
import type { PretrainTask } from "./pretrain_task.ts";

const positive = { type: "whole", from: 1 } as const;
const count = { type: "whole", from: 0 } as const;
const share = { type: "number", from: 0, to: 1 } as const;
const rate = { type: "number", from: 0 } as const;

/** Seeds and counts of a run stay below this, so that they fit the words of the random streams. */
const LARGEST_SEED = 2 ** 32 - 1;

/** The rule of every field of a pre-training task. */
export const PRETRAIN_FIELDS: FieldRules<PretrainTask> = {
  "kind": { type: "choice", choices: ["pretrain"] },
  "name": {
    type: "text",
    // The name becomes a folder, so it must not lead anywhere else.
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/,
    says: "letters, digits, dots, hyphens and underscores, in parts joined by slashes",
  },
  "seed": { type: "whole", from: 0, to: LARGEST_SEED },
  "model.size": { type: "choice", choices: Object.keys(MODEL_SIZES) },
  "model.width": { ...positive, nullable: true },
  "model.depth": { ...positive, nullable: true },
  "model.heads": { ...positive, nullable: true },
  "model.mlpRatio": { type: "number", above: 0 },
  "model.imageSize": positive,
  "model.patchSize": positive,
  "model.frames": positive,
  "model.tubeletSize": positive,
  "model.decoderWidth": { ...positive, nullable: true },
  "model.decoderDepth": count,
  "model.decoderHeads": { ...positive, nullable: true },
  "model.dropPath": { type: "number", from: 0, below: 1 },
  "model.layerScale": rate,
  "data.dataset": { type: "plugin", kind: "dataset" },
  "data.samplingRate": positive,
  "data.crop": { type: "choice", choices: ["multi-scale", "centre"] },
  "data.workers": count,
  "data.prefetch": positive,
  "data.maxReplaced": share,
  "data.heldOutClips": count,
  "frames": { type: "plugin", kind: "frames" },
  "masking": { type: "plugin", kind: "masking" },
  "objective.normalizeTargets": { type: "boolean" },
  "optimizer.lr": { type: "number", above: 0 },
  "optimizer.minLr": rate,
  "optimizer.warmupLr": rate,
  "optimizer.warmupEpochs": rate,
  "optimizer.warmupSteps": count,
  "optimizer.weightDecay": rate,
  "optimizer.weightDecayEnd": { ...rate, nullable: true },
  "optimizer.betas": { type: "betas" },
  "optimizer.epsilon": { type: "number", above: 0 },
  "optimizer.clipGradient": { type: "number", above: 0, nullable: true },
  "optimizer.emaDecay": { type: "number", from: 0, below: 1, nullable: true },
  "epochs": positive,
  "steps": { ...positive, nullable: true },
  "batch": positive,
  "accumulate": positive,
  "checkpointEvery": positive,
  "keepCheckpoints": positive,
  "logEvery": positive,
  "pictureEvery": count,
  "backend": { type: "choice", choices: BACKENDS },
  "out": { type: "text", pattern: /./, says: "a path", nullable: true },
};
