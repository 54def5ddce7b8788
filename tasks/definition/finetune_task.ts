import type { Descriptor } from "@videoms/core";
import type { MixMode } from "@videoms/models";
import type { ClipData, EncoderModel, RunOptimizer, RunStart, RunTask } from "./run_task.ts";

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
}

/** What the encoder starts from. */
export interface FinetuneStart extends RunStart {
  /** Start the norm before the head from the encoder's final norm. */
  normFromEncoder: boolean;
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
}

/** AdamW, its schedule and layer-wise decay of the rate. */
export interface FinetuneOptimizer extends RunOptimizer {
  /** Factor of the learning rate from one layer to the one before; 1 for none. */
  layerDecay: number;
}

/** How the classifier is evaluated. */
export interface FinetuneEvaluation {
  /** Epochs from one validation (centre clips) to the next; the last epoch always has one. */
  every: number;
  /** Clips along time of the final evaluation. */
  segments: number;
  /** Windows along the longer side of the final evaluation. */
  crops: number;
  /** Clips of a forward pass without gradients; null takes one and a half training batches. */
  batch: number | null;
  /** Weights of the final evaluation. */
  weights: WeightChoice;
}

/** A fine-tuning run: everything that its result depends on, as plain JSON. */
export interface FinetuneTask extends RunTask {
  /** Tells task files apart. */
  kind: "finetune";
  /** The network and its clip. */
  model: FinetuneModel;
  /** What the encoder starts from. */
  start: FinetuneStart;
  /** Where clips come from. */
  data: FinetuneData;
  /** Plugin that chooses the frames of a clip. */
  frames: Descriptor<"frames">;
  /** Plugin that chooses the tokens that the classifier sees. */
  tokens: Descriptor<"tokens">;
  /** Plugin that augments training clips. */
  augmentation: Descriptor<"augmentation">;
  /** Mixing of clips. */
  mix: FinetuneMix;
  /** What is trained for. */
  objective: FinetuneObjective;
  /** AdamW and its schedule. */
  optimizer: FinetuneOptimizer;
  /** How the classifier is evaluated. */
  evaluation: FinetuneEvaluation;
}

/** What a task file says of a fine-tuning run; the rest has the paper's values. */
export type FinetuneOptions =
  & Partial<
    Omit<
      FinetuneTask,
      "kind" | "model" | "start" | "data" | "mix" | "objective" | "optimizer" | "evaluation"
    >
  >
  & {
    model?: Partial<FinetuneModel>;
    start?: Partial<FinetuneStart>;
    data?: Partial<FinetuneData>;
    mix?: Partial<FinetuneMix>;
    objective?: Partial<FinetuneObjective>;
    optimizer?: Partial<FinetuneOptimizer>;
    evaluation?: Partial<FinetuneEvaluation>;
  };
