import type { Descriptor } from "@videoms/core";
import type { ClipData, EncoderModel, RunOptimizer, RunStart, RunTask } from "./run_task.ts";

/** The network of a pre-training run and the clip that it sees. */
export interface PretrainModel extends EncoderModel {
  /** Width of a decoder token; null takes it from `size`. */
  decoderWidth: number | null;
  /** Decoder blocks. */
  decoderDepth: number;
  /** Attention heads of a decoder block; null takes it from `size`. */
  decoderHeads: number | null;
  /** Added to the variance in the norm after the decoder's blocks; null takes `normEpsilon`. */
  decoderFinalNormEpsilon: number | null;
}

/** Where clips come from. */
export interface PretrainData extends ClipData {
  /** Box of a training clip: multi-scale as in the paper, or the largest centred square. */
  crop: "multi-scale" | "centre";
  /** Held-out clips in the pictures and in the report. */
  heldOutClips: number;
}

/** A pre-training run: everything that its result depends on, as plain JSON. */
export interface PretrainTask extends RunTask {
  /** Tells task files apart. */
  kind: "pretrain";
  /** The network and its clip. */
  model: PretrainModel;
  /** What the weights start from. */
  start: RunStart;
  /** Where clips come from. */
  data: PretrainData;
  /** Plugin that chooses the frames of a clip. */
  frames: Descriptor<"frames">;
  /** Plugin that chooses visible and target tokens. */
  masking: Descriptor<"masking">;
  /** Plugin that says what the decoder predicts. */
  objective: Descriptor<"objective">;
  /** Epochs from one picture to the next; 0 for only one, at the end. */
  pictureEvery: number;
}

/** What a task file says of a pre-training run; the rest has the paper's values. */
export type PretrainOptions =
  & Partial<Omit<PretrainTask, "kind" | "model" | "start" | "data" | "optimizer">>
  & {
    model?: Partial<PretrainModel>;
    start?: Partial<RunStart>;
    data?: Partial<PretrainData>;
    optimizer?: Partial<RunOptimizer>;
  };
