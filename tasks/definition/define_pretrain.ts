import { annotations } from "@videoms/data";
import { dense, motionCentric } from "@videoms/masking";
import { pixels, vit } from "@videoms/models";
import { deepFreeze } from "./deep_freeze.ts";
import { mergeTask } from "./merge_task.ts";
import type { PretrainOptions, PretrainTask } from "./pretrain_task.ts";

/**
 * Values of the fields that a task file leaves out: pre-training on UCF101 as published, with the
 * whole batch of 192 clips in one place (paper, section 4; the reference system's scripts).
 */
export const PRETRAIN_DEFAULTS: PretrainTask = deepFreeze<PretrainTask>({
  kind: "pretrain",
  name: "pretrain",
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
    decoderWidth: null,
    decoderDepth: 4,
    decoderHeads: null,
    decoderFinalNormEpsilon: null,
    dropPath: 0,
    layerScale: 0,
    normEpsilon: 1e-6,
    recompute: false,
  },
  start: { from: null, average: false },
  data: {
    dataset: annotations(),
    samplingRate: 4,
    crop: "multi-scale",
    workers: 0,
    prefetch: 2,
    maxReplaced: 0.01,
    heldOutClips: 8,
  },
  frames: dense(),
  masking: motionCentric(),
  objective: pixels(),
  optimizer: {
    lr: 1e-3,
    minLr: 1e-5,
    warmupLr: 0,
    warmupEpochs: 40,
    warmupSteps: 0,
    weightDecay: 0.05,
    weightDecayEnd: null,
    betas: [0.9, 0.95],
    epsilon: 1e-8,
    clipGradient: null,
    emaDecay: null,
  },
  epochs: 3200,
  steps: null,
  batch: 192,
  accumulate: 1,
  checkpointEvery: 100,
  keepCheckpoints: 2,
  keepEvery: 0,
  skipNonFinite: 0,
  logEvery: 10,
  pictureEvery: 0,
  backend: "auto",
  precision: "f32",
  out: null,
});

/**
 * A pre-training task: the given fields over {@linkcode PRETRAIN_DEFAULTS}, frozen.
 *
 * Values are checked by {@linkcode checkPretrain} once the command line has had its say.
 *
 * @throws {TypeError} for an unknown field, naming the nearest known one
 * @example
 * ```ts
 * import { definePretrain } from "@videoms/tasks";
 * import { tube } from "@videoms/masking";
 *
 * const task = definePretrain({
 *   name: "tube",
 *   masking: tube({ maskRatio: 0.75 }),
 *   optimizer: { lr: 3e-4 },
 * });
 * console.assert(task.optimizer.minLr === 1e-5 && task.masking.name === "tube");
 * ```
 */
export function definePretrain(options: PretrainOptions = {}): PretrainTask {
  return mergeTask(PRETRAIN_DEFAULTS, ["model", "start", "data", "optimizer"], options);
}
