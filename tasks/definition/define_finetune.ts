import { annotations, standardAugmentation } from "@videoms/data";
import { motionCentricTokens, spread } from "@videoms/masking";
import { vit } from "@videoms/models";
import { deepFreeze } from "./deep_freeze.ts";
import type { FinetuneOptions, FinetuneTask } from "./finetune_task.ts";
import { mergeTask } from "./merge_task.ts";

/**
 * Values of the fields that a task file leaves out: fine-tuning on UCF101 as published, with the
 * whole batch of 128 clips in one place (paper, section 4; the reference system's scripts).
 */
export const FINETUNE_DEFAULTS: FinetuneTask = deepFreeze<FinetuneTask>({
  kind: "finetune",
  name: "finetune",
  seed: 0,
  model: {
    backbone: vit(),
    size: "base",
    width: null,
    depth: null,
    heads: null,
    mlpRatio: 4,
    imageSize: 224,
    patchSize: 16,
    frames: 16,
    tubeletSize: 2,
    dropPath: 0.1,
    layerScale: 0,
    normEpsilon: 1e-6,
    recompute: false,
    headScale: 0.001,
    headNormEpsilon: null,
  },
  start: { from: null, average: false, normFromEncoder: false },
  data: {
    dataset: annotations(),
    samplingRate: 4,
    workers: 0,
    prefetch: 2,
    maxReplaced: 0.01,
    samples: 1,
  },
  frames: spread(),
  tokens: motionCentricTokens(),
  augmentation: standardAugmentation(),
  mix: {
    mixup: 0,
    cutmix: 0,
    cutmixMinMax: null,
    probability: 1,
    switchProbability: 0.5,
    mode: "batch",
  },
  objective: { smoothing: 0.1 },
  optimizer: {
    lr: 1e-3,
    minLr: 1e-6,
    warmupLr: 0,
    warmupEpochs: 5,
    warmupSteps: 0,
    weightDecay: 0.05,
    weightDecayEnd: null,
    betas: [0.9, 0.999],
    epsilon: 1e-8,
    clipGradient: null,
    emaDecay: null,
    layerDecay: 0.75,
  },
  evaluation: { every: 1, segments: 5, crops: 3, batch: null, weights: "last" },
  epochs: 100,
  steps: null,
  batch: 128,
  accumulate: 1,
  checkpointEvery: 20,
  keepCheckpoints: 1,
  keepEvery: 0,
  skipNonFinite: 0,
  logEvery: 10,
  backend: "auto",
  precision: "f32",
  out: null,
});

/**
 * A fine-tuning task: the given fields over {@linkcode FINETUNE_DEFAULTS}, frozen.
 *
 * Values are checked by {@linkcode checkFinetune} once the command line has had its say.
 *
 * @throws {TypeError} for an unknown field, naming the nearest known one
 * @example
 * ```ts
 * import { defineFinetune } from "@videoms/tasks";
 * import { motionCentricTokens } from "@videoms/masking";
 *
 * const task = defineFinetune({
 *   start: { from: "runs/ucf101/pretrain" },
 *   tokens: motionCentricTokens({ dropRatio: 0.4 }),
 *   optimizer: { layerDecay: 0.7 },
 * });
 * console.assert(task.optimizer.lr === 1e-3 && task.tokens.options.dropRatio === 0.4);
 * ```
 */
export function defineFinetune(options: FinetuneOptions = {}): FinetuneTask {
  return mergeTask(
    FINETUNE_DEFAULTS,
    ["model", "start", "data", "mix", "objective", "optimizer", "evaluation"],
    options,
  );
}
