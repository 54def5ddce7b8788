import type { Descriptor } from "@videoms/core";
import type { ProbeKind } from "@videoms/models";
import type { RunTask } from "./run_task.ts";

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

/** How probes are evaluated. */
export interface ProbeEvaluation {
  /** Epochs from one validation (centre clips) to the next. */
  every: number;
  /** Clips along time of the final evaluation. */
  segments: number;
  /** Windows along the longer side of the final evaluation. */
  crops: number;
  /** Clips of a forward pass without gradients; null takes a training batch. */
  batch: number | null;
}

/** A probe of a frozen encoder: everything that its result depends on, as plain JSON. */
export interface ProbeTask extends RunTask {
  /** Tells task files apart. */
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
  /** How the heads are evaluated. */
  evaluation: ProbeEvaluation;
}

/** What a task file says of a probe; the rest has usual values. */
export type ProbeOptions =
  & Partial<Omit<ProbeTask, "kind" | "encoder" | "heads" | "data" | "optimizer" | "evaluation">>
  & {
    encoder?: Partial<ProbeEncoder>;
    heads?: Partial<ProbeHeadGrid>;
    data?: Partial<ProbeTask["data"]>;
    optimizer?: Partial<ProbeTask["optimizer"]>;
    evaluation?: Partial<ProbeEvaluation>;
  };
