import type { BackendChoice, Descriptor } from "@videoms/core";
import type { ModelSizeName } from "@videoms/models";

/** The network of a pre-training run and the clip that it sees. */
export interface PretrainModel {
  /** Named encoder and decoder. */
  size: ModelSizeName;
  /** Width of an encoder token, D; null takes it from `size`. */
  width: number | null;
  /** Encoder blocks; null takes it from `size`. */
  depth: number | null;
  /** Attention heads of an encoder block; null takes it from `size`. */
  heads: number | null;
  /** Width of the hidden layer of a block, in multiples of D. */
  mlpRatio: number;
  /** Side of the square frames in pixels, H = W. */
  imageSize: number;
  /** Side of the square patch of a token in pixels. */
  patchSize: number;
  /** Frames of a clip, T. */
  frames: number;
  /** Frames of a token. */
  tubeletSize: number;
  /** Width of a decoder token; null takes it from `size`. */
  decoderWidth: number | null;
  /** Decoder blocks. */
  decoderDepth: number;
  /** Attention heads of a decoder block; null takes it from `size`. */
  decoderHeads: number | null;
  /** Largest share of clips for which a block is skipped in training. */
  dropPath: number;
  /** Start value of the layer scale; 0 for none. */
  layerScale: number;
}

/** Where clips come from. */
export interface PretrainData {
  /** Plugin that names the videos. */
  dataset: Descriptor<"dataset">;
  /** Frames of the video from one frame of the clip to the next. */
  samplingRate: number;
  /** Box of a training clip: multi-scale as in the paper, or the largest centred square. */
  crop: "multi-scale" | "centre";
  /** Decoding processes at a time; 0 for one per core. */
  workers: number;
  /** Batches that are decoded ahead. */
  prefetch: number;
  /** Share of clips that may be damaged and replaced before the run fails. */
  maxReplaced: number;
  /** Held-out clips in the pictures and in the report. */
  heldOutClips: number;
}

/** What the decoder reconstructs. */
export interface PretrainObjective {
  /** Whether target pixels are normalised per token and channel. */
  normalizeTargets: boolean;
}

/** AdamW and its schedule. Rates are given per 256 clips and scaled to the clips of a step. */
export interface PretrainOptimizer {
  /** Learning rate at the end of the warm-up, per 256 clips. */
  lr: number;
  /** Learning rate that the cosine approaches, per 256 clips. */
  minLr: number;
  /** Learning rate of the first step, per 256 clips. */
  warmupLr: number;
  /** Length of the warm-up in epochs. */
  warmupEpochs: number;
  /** Length of the warm-up in steps; above 0 it takes the place of `warmupEpochs`. */
  warmupSteps: number;
  /** Decoupled weight decay of matrices. */
  weightDecay: number;
  /** Weight decay at the end of the run, reached by a cosine; null keeps it constant. */
  weightDecayEnd: number | null;
  /** Decay of the first and of the second moment. */
  betas: readonly [number, number];
  /** Added to the root of the second moment. */
  epsilon: number;
  /** Largest global L2 norm of a gradient; null for no clipping. */
  clipGradient: number | null;
  /** Decay of the moving average of the weights; null for no average. */
  emaDecay: number | null;
}

/** A pre-training run: everything that its result depends on, as plain JSON. */
export interface PretrainTask {
  /** Tells task files apart. */
  kind: "pretrain";
  /** Name of the run; it writes to `runs/<name>` unless `out` says otherwise. */
  name: string;
  /** Seed of every random draw, a whole number from 0. */
  seed: number;
  /** The network and its clip. */
  model: PretrainModel;
  /** Where clips come from. */
  data: PretrainData;
  /** Plugin that chooses the frames of a clip. */
  frames: Descriptor<"frames">;
  /** Plugin that chooses visible and target tokens. */
  masking: Descriptor<"masking">;
  /** What is reconstructed. */
  objective: PretrainObjective;
  /** AdamW and its schedule. */
  optimizer: PretrainOptimizer;
  /** Passes over the training list. */
  epochs: number;
  /** Optimiser steps of the run; null derives them from `epochs`. */
  steps: number | null;
  /** Clips of a forward pass, B. */
  batch: number;
  /** Forward passes of an optimiser step. */
  accumulate: number;
  /** Epochs from one checkpoint to the next. */
  checkpointEvery: number;
  /** Checkpoints that are kept. */
  keepCheckpoints: number;
  /** Steps from one line of the log to the next. */
  logEvery: number;
  /** Epochs from one picture to the next; 0 for only one, at the end. */
  pictureEvery: number;
  /** Backend that is asked for. */
  backend: BackendChoice;
  /** Run folder; null for `runs/<name>`. */
  out: string | null;
}

/** What a task file says of a pre-training run; the rest has the paper's values. */
export type PretrainOptions =
  & Partial<Omit<PretrainTask, "kind" | "model" | "data" | "objective" | "optimizer">>
  & {
    model?: Partial<PretrainModel>;
    data?: Partial<PretrainData>;
    objective?: Partial<PretrainObjective>;
    optimizer?: Partial<PretrainOptimizer>;
  };
