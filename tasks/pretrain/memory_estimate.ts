import { countParameters, tokenGrid, valuesPerToken } from "@videoms/core";
import {
  hiddenWidth,
  type MaskedAutoencoderOptions,
  maskedAutoencoderSpecs,
  type StackOptions,
} from "@videoms/models";

/** Where the memory of a training step goes, in bytes. */
export interface MemoryEstimate {
  /** Weights and their values at the start, gradients, both moments, averaged weights. */
  state: number;
  /** What the forward pass keeps for the backward pass. */
  activations: number;
  /** Pixels and tokens of the batch, with those decoded ahead. */
  data: number;
  /** The program itself. */
  program: number;
  total: number;
}

/** Deno, tfjs, the CPU engine and what they hold besides: resident memory of a run of a tiny network. */
const PROGRAM_BYTES = 480e6;

const BYTES = 4;

/**
 * float32 values that a block keeps: input and statistics of both norms, packed q, k and v, the
 * attention's probabilities and output, and the MLP's hidden layer before and after GELU.
 */
function blockValues(options: StackOptions, batch: number, tokens: number): number {
  const { width, heads } = options;
  const perToken = 8 * width + 2 * hiddenWidth(options);
  return batch * (tokens * perToken + heads * tokens * tokens);
}

/** What the memory of a step depends on. */
export interface MemoryQuestion {
  model: MaskedAutoencoderOptions;
  /** Clips of a forward pass. */
  batch: number;
  /** Tokens encoded and reconstructed per clip. */
  visible: number;
  targets: number;
  /** Whether averaged weights are kept. */
  average: boolean;
  /** Clips of an optimiser step and the steps decoded ahead. */
  clipsPerStep: number;
  prefetch: number;
}

/** Estimates the resident memory of pre-training on the CPU engine. */
export function estimateMemory(question: MemoryQuestion): MemoryEstimate {
  const { model, batch, visible, targets, average, clipsPerStep, prefetch } = question;
  const { geometry, encoder, decoder } = model;
  const { tokens } = tokenGrid(geometry);
  const perToken = valuesPerToken(geometry);
  const state = countParameters(maskedAutoencoderSpecs(model)) * BYTES * (average ? 6 : 5);
  const activations = BYTES * (
    encoder.depth * blockValues(encoder, batch, visible) +
    decoder.depth * blockValues(decoder, batch, visible + targets) +
    batch * targets * perToken * 4 // prediction, target, their difference and a gradient
  );
  const frameBytes = geometry.imageSize ** 2 * 3;
  const clipBytes = geometry.frames * frameBytes;
  const data = batch * tokens * (2 * perToken + encoder.width) * BYTES +
    clipsPerStep * clipBytes * (prefetch + 2);
  const total = state + activations + data + PROGRAM_BYTES;
  return { state, activations, data, program: PROGRAM_BYTES, total };
}
