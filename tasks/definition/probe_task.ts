import type { Descriptor } from "@videoms/core";
import { standardAugmentation } from "@videoms/data";
import { allTokens, spread } from "@videoms/masking";
import { PROBE_KINDS, type ProbeKind } from "@videoms/models";
import { choice, numbers, plugin, someOf, weights, whole } from "./field.ts";
import { defineTask, type FieldTable, type Given, withDefaults } from "./field_table.ts";
import { EVALUATION_FIELDS, RUN_FIELDS, type RunEvaluation, type RunTask } from "./run_task.ts";

/** Which weights of an encoder's checkpoint are taken: the last ones, or their moving average. */
export const ENCODER_WEIGHTS = ["last", "average"] as const;

/** One of {@linkcode ENCODER_WEIGHTS}. */
export type EncoderWeights = typeof ENCODER_WEIGHTS[number];

/** The frozen encoder of a probe. */
export interface ProbeEncoder {
  /** Run folder of a pre-training or fine-tuning, or a checkpoint file of one. */
  from: string;
  /** Which of its weights. */
  weights: EncoderWeights;
}

/** The heads that are trained side by side: one for every kind, rate and decay. */
export interface ProbeHeadGrid {
  /** `linear` on the mean of the tokens, `attentive` with a query that attends to them. */
  kinds: readonly ProbeKind[];
  /** Learning rates at the end of the warm-up, per 256 clips. */
  rates: readonly number[];
  /** Weight decays of matrices. */
  decays: readonly number[];
  /** Attention heads of attentive probes; null for as many as a block of the encoder has. */
  attentiveHeads: number | null;
}

/** A probe of a frozen encoder: everything that its result depends on, as plain JSON. */
export interface ProbeTask extends RunTask {
  kind: "probe";
  /** The frozen encoder; sizes of clips and tokens are those that it was trained with. */
  encoder: ProbeEncoder;
  /** The heads; the rates and decays of `optimizer` are factors of theirs. */
  heads: ProbeHeadGrid;
  /** Plugin that chooses the frames of a clip. */
  frames: Descriptor<"frames">;
  /** Plugin that chooses the tokens that the encoder sees. */
  tokens: Descriptor<"tokens">;
  /** Plugin that augments training clips. */
  augmentation: Descriptor<"augmentation">;
  evaluation: RunEvaluation;
}

/** What a task file says of a probe; the rest has usual values. */
export type ProbeOptions = Omit<Given<ProbeTask>, "kind">;

const { name, seed, data, optimizer, ...course } = withDefaults(RUN_FIELDS, {
  name: "probe",
  optimizer: { lr: 1, weightDecay: 1 }, // factors of the heads' own
  epochs: 20,
  batch: 256,
  checkpointEvery: 5,
});

/**
 * The fields of a probe: linear and attentive heads on all tokens, over the rates and decays that frozen
 * video encoders are usually searched by (Assran et al.: arXiv 2506.09985).
 */
export const PROBE_FIELDS: FieldTable<ProbeTask> = {
  kind: choice("probe", ["probe"]),
  name,
  seed,
  encoder: {
    from: weights("runs/pretrain", "a run folder or a checkpoint file"),
    weights: choice("last", ENCODER_WEIGHTS),
  },
  heads: {
    kinds: someOf(["linear", "attentive"], PROBE_KINDS),
    rates: numbers([5e-3, 3e-3, 1e-3, 3e-4, 1e-4], { above: 0 }),
    decays: numbers([0.01, 0.1], { from: 0 }),
    attentiveHeads: whole(null, { from: 1 }),
  },
  data,
  frames: plugin(spread()),
  tokens: plugin(allTokens()),
  augmentation: plugin(
    standardAugmentation({ randAugment: "none", scale: [0.3, 1], erase: 0 }),
  ),
  optimizer,
  evaluation: withDefaults(EVALUATION_FIELDS, { every: 5 }),
  ...course,
};

/**
 * A probe: the given fields over the usual values, frozen.
 *
 * Values are checked by {@linkcode checkTask} once the command line has had its say.
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
  return defineTask(PROBE_FIELDS, options);
}
