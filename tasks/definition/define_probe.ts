import { annotations, standardAugmentation } from "@videoms/data";
import { allTokens, spread } from "@videoms/masking";
import { deepFreeze } from "./deep_freeze.ts";
import { mergeTask } from "./merge_task.ts";
import type { ProbeOptions, ProbeTask } from "./probe_task.ts";

/**
 * Values of the fields that a task file leaves out: linear and attentive heads on all tokens, over the
 * rates and decays that frozen video encoders are usually searched by (Assran et al.: arXiv
 * 2506.09985).
 */
export const PROBE_DEFAULTS: ProbeTask = deepFreeze<ProbeTask>({
  kind: "probe",
  name: "probe",
  seed: 0,
  encoder: { from: "runs/pretrain", weights: "last" },
  heads: {
    kinds: ["linear", "attentive"],
    rates: [5e-3, 3e-3, 1e-3, 3e-4, 1e-4],
    decays: [0.01, 0.1],
    attentiveHeads: null,
  },
  data: {
    dataset: annotations(),
    samplingRate: 4,
    workers: 0,
    prefetch: 2,
    maxReplaced: 0.01,
  },
  frames: spread(),
  tokens: allTokens(),
  augmentation: standardAugmentation({ randAugment: "none", scale: [0.3, 1], erase: 0 }),
  optimizer: {
    lr: 1,
    minLr: 0,
    warmupLr: 0,
    warmupEpochs: 0,
    warmupSteps: 0,
    weightDecay: 1,
    weightDecayEnd: null,
    betas: [0.9, 0.999],
    epsilon: 1e-8,
    clipGradient: null,
    emaDecay: null,
  },
  evaluation: { every: 5, segments: 5, crops: 3, batch: null },
  epochs: 20,
  steps: null,
  batch: 256,
  accumulate: 1,
  checkpointEvery: 5,
  keepCheckpoints: 1,
  keepEvery: 0,
  skipNonFinite: 0,
  logEvery: 10,
  backend: "auto",
  precision: "f32",
  out: null,
});

/**
 * A probe: the given fields over {@linkcode PROBE_DEFAULTS}, frozen.
 *
 * Values are checked by {@linkcode checkProbe} once the command line has had its say.
 *
 * @throws {TypeError} for an unknown field, naming the nearest known one
 * @example
 * ```ts
 * import { defineProbe } from "@videoms/tasks";
 *
 * const task = defineProbe({
 *   encoder: { from: "runs/ucf101/pretrain" },
 *   heads: { kinds: ["attentive"], rates: [1e-3, 3e-4] },
 * });
 * console.assert(task.heads.decays.length === 2 && task.encoder.weights === "last");
 * ```
 */
export function defineProbe(options: ProbeOptions = {}): ProbeTask {
  return mergeTask(
    PROBE_DEFAULTS,
    ["encoder", "heads", "data", "optimizer", "evaluation"],
    options,
  );
}
