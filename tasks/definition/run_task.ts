import {
  type BackendChoice,
  BACKENDS,
  type Descriptor,
  type GpuChoice,
  GPUS,
  type Precision,
  PRECISIONS,
} from "@videoms/core";
import { annotations, tensorboard } from "@videoms/data";
import {
  adamw,
  cosine,
  MLP_KINDS,
  type MlpKind,
  MODEL_SIZES,
  type ModelSizeName,
  sineCosine,
  vit,
} from "@videoms/models";
import {
  added,
  boolean,
  choice,
  free,
  number,
  pair,
  path,
  plugin,
  text,
  weights,
  whole,
} from "./field.ts";
import type { FieldTable } from "./field_table.ts";

/** The encoder of a run and the clip that it sees. */
export interface EncoderModel {
  /** Plugin that says what the blocks of the encoder are. */
  backbone: Descriptor<"backbone">;
  /** Plugin that says how blocks are told where tokens are, those of a decoder too. */
  positions: Descriptor<"positions">;
  /** Named size, which gives width, depth and heads. */
  size: ModelSizeName;
  /** Width of a token, D; null takes it from `size`. */
  width: number | null;
  /** Transformer blocks; null takes it from `size`. */
  depth: number | null;
  /** Attention heads of a block; null takes it from `size`. */
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
  /** Largest share of clips for which a block is skipped in training. */
  dropPath: number;
  /** Initial value of LayerScale; 0 for no LayerScale. */
  layerScale: number;
  /** Whether queries and keys are normalised, head by head. */
  qkNorm: boolean;
  /** Hidden layer of a block: GELU, or SwiGLU of two thirds the width. */
  mlp: MlpKind;
  /** Whether classifiers and probes read a learned token of the encoder in place of the mean of all others. */
  classToken: boolean;
  /** Learned tokens of the encoder that nothing reads. */
  registers: number;
  /** Added to the variance in layer norms. */
  normEpsilon: number;
  /** Activation checkpointing: run blocks again in the backward pass instead of keeping their activations. */
  recompute: boolean;
}

/** What a run's weights start from. */
export interface RunStart {
  /**
   * A run folder, a checkpoint of ours or of PyTorch, a safetensors file or a folder of Hugging Face, with
   * `#name` after it for one of the weights in a file; null initialises them.
   */
  from: string | null;
  /** Load the EMA of the weights in place of the weights. */
  average: boolean;
}

/** Where clips come from. */
export interface ClipData {
  /** Plugin that names the videos. */
  dataset: Descriptor<"dataset">;
  /** Frames from one frame of the clip to the next: of the video, or at the target rate. */
  samplingRate: number;
  /**
   * Target rate in frames per second: clips are sampled by time, as from videos of that rate; null samples by
   * frame, whatever the rates of the videos.
   */
  fps: number | null;
  /** Decoding processes at a time; 0 for one per core. */
  workers: number;
  /** Batches that are decoded ahead. */
  prefetch: number;
  /**
   * The run fails when more than this share of the clips was damaged and replaced, in more than this share
   * of the videos; unless it is 0, one video may be bad.
   */
  maxReplaced: number;
}

/** The optimiser and its schedule. Rates are given per 256 clips and scaled to the clips of a step. */
export interface RunOptimizer {
  /** Plugin that says what a step makes of a weight. */
  method: Descriptor<"optimizer">;
  /** Plugin that says how the learning rate falls after the warm-up. */
  schedule: Descriptor<"schedule">;
  /** Learning rate at the end of the warm-up, per 256 clips. */
  lr: number;
  /** Learning rate that the schedule approaches, per 256 clips. */
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
  /** Decay of the optimiser's first and second moment. */
  betas: readonly [number, number];
  /** Added to the root of the second moment. */
  epsilon: number;
  /** Largest global L2 norm of a gradient; null for no clipping. */
  clipGradient: number | null;
  /** Decay of the EMA of the weights; null for no EMA. */
  emaDecay: number | null;
  /** Decay of the EMA at the end of the run, reached in a straight line; null keeps it constant. */
  emaDecayEnd: number | null;
}

/** How what was trained is evaluated on held-out videos. */
export interface RunEvaluation {
  /** Epochs from one validation (centre clips) to the next; the last epoch always has one. */
  every: number;
  /** Clips along time of the final evaluation. */
  segments: number;
  /** Windows along the longer side of the final evaluation. */
  crops: number;
  /** Clips of a forward pass without gradients; null takes a training batch, and half as many more in a fine-tuning. */
  batch: number | null;
}

/** What every run that trains something has: everything that its result depends on, as plain JSON. */
export interface RunTask {
  kind: string;
  /** Name of the run; it writes to `runs/<name>` unless `out` says otherwise. */
  name: string;
  /** Seed of every random draw. */
  seed: number;
  data: ClipData;
  optimizer: RunOptimizer;
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
  /** How many of the last checkpoints are kept, beside the best one where there is one. */
  keepCheckpoints: number;
  /** Every so many epochs a checkpoint is kept permanently; 0 for never. */
  keepEvery: number;
  /** Steps whose loss or gradient is not finite that are skipped before the run stops. */
  skipNonFinite: number;
  /** Steps from one line of the log to the next. */
  logEvery: number;
  /** Plugin that says where numbers go beside the run's own log. */
  logger: Descriptor<"logger">;
  /** What to compute on. */
  backend: BackendChoice;
  /** WebGPU of backend `webgpu`: Deno's own, or Dawn, Chromium's, with subgroups and matrix units. */
  gpu: GpuChoice;
  /** One of several GPUs, by its number or a part of its name; `doctor` lists them. */
  adapter: string | null;
  /** What values within transformer blocks are stored in; `f16` needs a GPU. */
  precision: Precision;
  /** Run folder; null for `runs/<name>`. */
  out: string | null;
}

/** The fields of an encoder, ViT-B on clips of 16 frames. */
export const ENCODER_FIELDS: FieldTable<EncoderModel> = {
  backbone: plugin(vit()),
  positions: added(plugin(sineCosine())),
  size: choice("base", Object.keys(MODEL_SIZES) as ModelSizeName[]),
  width: whole(null, { from: 1 }),
  depth: whole(null, { from: 1 }),
  heads: whole(null, { from: 1 }),
  mlpRatio: number(4, { above: 0 }),
  imageSize: whole(224, { from: 1 }),
  patchSize: whole(16, { from: 1 }),
  frames: whole(16, { from: 1 }),
  tubeletSize: whole(2, { from: 1 }),
  dropPath: number(0, { from: 0, below: 1 }),
  layerScale: number(0, { from: 0 }),
  qkNorm: added(boolean(false)),
  mlp: added(choice("gelu", MLP_KINDS)),
  classToken: added(boolean(false)),
  registers: added(whole(0, { from: 0 })),
  normEpsilon: number(1e-6, { above: 0 }),
  recompute: boolean(false),
};

/** The fields of what a run starts from: newly initialised weights. */
export const START_FIELDS: FieldTable<RunStart> = {
  from: weights(null, "a run folder or a file"),
  average: boolean(false),
};

/** The fields of an evaluation. */
export const EVALUATION_FIELDS: FieldTable<RunEvaluation> = {
  every: whole(1, { from: 1 }),
  segments: whole(5, { from: 1 }),
  crops: whole(3, { from: 1 }),
  batch: whole(null, { from: 1 }),
};

// Seeds must fit the words of the random streams.
const LARGEST_SEED = 2 ** 32 - 1;

/** The fields of every run; each kind has values of its own for some. */
export const RUN_FIELDS: FieldTable<Omit<RunTask, "kind">> = {
  // The name becomes a folder, so it must not lead anywhere else.
  name: text(
    "run",
    "letters, digits, dots, hyphens and underscores, in parts joined by slashes",
    /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/,
  ),
  seed: whole(0, { from: 0, to: LARGEST_SEED }),
  data: {
    dataset: plugin(annotations()),
    samplingRate: whole(4, { from: 1 }),
    fps: added(number(null, { above: 0 })),
    workers: free(whole(0, { from: 0 })),
    prefetch: free(whole(2, { from: 1 })),
    maxReplaced: number(0.01, { from: 0, to: 1 }),
  },
  optimizer: {
    method: added(plugin(adamw())),
    schedule: added(plugin(cosine())),
    lr: number(1e-3, { above: 0 }),
    minLr: number(0, { from: 0 }),
    warmupLr: number(0, { from: 0 }),
    warmupEpochs: number(0, { from: 0 }),
    warmupSteps: whole(0, { from: 0 }),
    weightDecay: number(0.05, { from: 0 }),
    weightDecayEnd: number(null, { from: 0 }),
    betas: pair([0.9, 0.999], { from: 0, below: 1 }),
    epsilon: number(1e-8, { above: 0 }),
    clipGradient: number(null, { above: 0 }),
    emaDecay: number(null, { from: 0, below: 1 }),
    emaDecayEnd: added(number(null, { from: 0, to: 1 })),
  },
  epochs: whole(100, { from: 1 }),
  steps: whole(null, { from: 1 }),
  batch: whole(128, { from: 1 }),
  accumulate: whole(1, { from: 1 }),
  checkpointEvery: free(whole(20, { from: 1 })),
  keepCheckpoints: free(whole(1, { from: 1 })),
  keepEvery: free(whole(0, { from: 0 })),
  skipNonFinite: free(whole(0, { from: 0 })), // until a step is skipped, it has changed nothing
  logEvery: free(whole(10, { from: 1 })),
  logger: added(free(plugin(tensorboard()))),
  backend: free(choice("auto", BACKENDS)),
  gpu: free(choice("deno", GPUS)),
  adapter: free(text(null, "a number or a part of a name", /\S/)),
  precision: added(choice("f32", PRECISIONS)),
  out: free(path(null, "a path")),
};
