import type { Descriptor } from "@videoms/core";
import { standardAugmentation } from "@videoms/data";
import { motionCentricTokens, spread } from "@videoms/masking";
import {
  type Initialization,
  INITIALIZATIONS,
  type MixMode,
  NUMBER_ERRORS,
  type NumberError,
} from "@videoms/models";
import { added, boolean, choice, number, pair, path, plugin, whole } from "./field.ts";
import { defineTask, type FieldTable, type Given, withDefaults } from "./field_table.ts";
import {
  type ClipData,
  ENCODER_FIELDS,
  type EncoderModel,
  EVALUATION_FIELDS,
  RUN_FIELDS,
  type RunEvaluation,
  type RunOptimizer,
  type RunStart,
  type RunTask,
  START_FIELDS,
} from "./run_task.ts";

/** Which weights of a run are looked at: of its last or its best checkpoint, or their average. */
export const WEIGHT_CHOICES = ["last", "best", "last-average", "best-average"] as const;

/** One of {@linkcode WEIGHT_CHOICES}. */
export type WeightChoice = typeof WEIGHT_CHOICES[number];

/** The network of a fine-tuning run and the clip that it sees. */
export interface FinetuneModel extends EncoderModel {
  /** Factor of the head's initial weights. */
  headScale: number;
  /** Added to the variance in the norm before the head; null takes `normEpsilon`. */
  headNormEpsilon: number | null;
  /** Initial values of blocks that start from nothing: `normal` of std 0.02 for widths from about 768, or `xavier`. */
  initialization: Initialization;
}

/** What the encoder starts from. */
export interface FinetuneStart extends RunStart {
  /** Start the norm before the head from the encoder's final norm. */
  normFromEncoder: boolean;
  /** Load the patch embedding; if not, it starts anew: in a short pre-training it comes to show little but mean colours. */
  patchEmbedding: boolean;
  /** Take the rows of a trained head for the classes of the same names; without it, a head of other classes is dropped. */
  headByNames: boolean;
  /** CSV with columns `head` and `class`, names or numbers from 0: which rows of a trained head to take for which class. */
  labelMap: string | null;
}

/** Where clips come from. */
export interface FinetuneData extends ClipData {
  /** Augmented copies of each clip in a batch (repeated augmentation); one decode serves all. */
  samples: number;
}

/** Mixing of the clips of a batch and of their labels; off while all three of its kinds are. */
export interface FinetuneMix {
  /** Shape of mixup's beta distribution; 0 for no mixup. */
  mixup: number;
  /** Shape of CutMix's beta distribution; 0 for no CutMix. */
  cutmix: number;
  /** Least and greatest side of CutMix's box, as shares of the frame's; null draws its area. */
  cutmixMinMax: readonly [number, number] | null;
  /** Probability that a draw mixes at all. */
  probability: number;
  /** Probability of CutMix where mixup is on too. */
  switchProbability: number;
  /** What is drawn together. */
  mode: MixMode;
}

/** What the classifier is trained for. */
export interface FinetuneObjective {
  /** Share of the target that is spread over all classes. */
  smoothing: number;
  /** Error of numbers that are predicted in place of a class, in standard deviations: squared or smooth L1. */
  numberError: NumberError;
}

/** AdamW, its schedule and layer-wise decay of the rate. */
export interface FinetuneOptimizer extends RunOptimizer {
  /** Factor of the learning rate from one layer to the one before; 1 for none. */
  layerDecay: number;
}

/** How the classifier is evaluated. */
export interface FinetuneEvaluation extends RunEvaluation {
  /** Weights of the final evaluation. */
  weights: WeightChoice;
}

/** A fine-tuning run: everything that its result depends on, as plain JSON. */
export interface FinetuneTask extends RunTask {
  kind: "finetune";
  model: FinetuneModel;
  start: FinetuneStart;
  data: FinetuneData;
  /** Plugin that chooses the frames of a clip. */
  frames: Descriptor<"frames">;
  /** Plugin that chooses the tokens that the classifier sees. */
  tokens: Descriptor<"tokens">;
  /** Plugin that augments training clips. */
  augmentation: Descriptor<"augmentation">;
  mix: FinetuneMix;
  objective: FinetuneObjective;
  optimizer: FinetuneOptimizer;
  evaluation: FinetuneEvaluation;
}

/** What a task file says of a fine-tuning run; the rest has the paper's values. */
export type FinetuneOptions = Omit<Given<FinetuneTask>, "kind">;

const { name, seed, data, optimizer, ...course } = withDefaults(RUN_FIELDS, {
  name: "finetune",
  optimizer: { minLr: 1e-6, warmupEpochs: 5 },
});

/**
 * The fields of a fine-tuning: on UCF101 as published, with the whole batch of 128 clips in one place
 * (paper, section 4; the reference system's scripts).
 */
export const FINETUNE_FIELDS: FieldTable<FinetuneTask> = {
  kind: choice("finetune", ["finetune"]),
  name,
  seed,
  model: {
    ...withDefaults(ENCODER_FIELDS, { dropPath: 0.1 }),
    headScale: number(0.001, { above: 0 }),
    headNormEpsilon: added(number(null, { above: 0 })),
    initialization: added(choice("normal", INITIALIZATIONS)),
  },
  start: {
    ...START_FIELDS,
    normFromEncoder: boolean(false),
    patchEmbedding: added(boolean(true)),
    headByNames: added(boolean(false)),
    labelMap: added(path(null, "a CSV file")),
  },
  data: { ...data, samples: whole(1, { from: 1 }) },
  frames: plugin(spread()),
  tokens: plugin(motionCentricTokens()),
  augmentation: plugin(standardAugmentation()),
  mix: {
    mixup: number(0, { from: 0 }),
    cutmix: number(0, { from: 0 }),
    cutmixMinMax: pair(null, { from: 0, to: 1 }),
    probability: number(1, { from: 0, to: 1 }),
    switchProbability: number(0.5, { from: 0, to: 1 }),
    mode: choice("batch", ["batch", "pair", "elem"]),
  },
  objective: {
    smoothing: number(0.1, { from: 0, below: 1 }),
    numberError: added(choice("squared", NUMBER_ERRORS)),
  },
  optimizer: { ...optimizer, layerDecay: number(0.75, { above: 0, to: 1 }) },
  evaluation: {
    ...EVALUATION_FIELDS,
    weights: choice("last", WEIGHT_CHOICES),
  },
  ...course,
};

/** Whether a task mixes the clips of a batch. */
export function mixesClips({ mix }: Pick<FinetuneTask, "mix">): boolean {
  return mix.mixup > 0 || mix.cutmix > 0 || mix.cutmixMinMax !== null;
}

/**
 * A fine-tuning task: the given fields over the published values, frozen.
 *
 * Values are checked by {@linkcode checkTask} once the command line has had its say.
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
  return defineTask(FINETUNE_FIELDS, options);
}
