import { type ClipGeometry, tokenGrid, valuesPerToken } from "@videoms/core";
import { hiddenWidth } from "../backbone/vit_block.ts";
import { extraTokens, type StackOptions } from "../vit/blocks.ts";

/** Memory of a training step, in bytes. */
export interface MemoryEstimate {
  /** Weights and their initial values, gradients, both moments, EMA weights; weights of a frozen encoder. */
  state: number;
  /** Activations kept for the backward pass. */
  activations: number;
  /** Pixels and tokens of the batch and of batches decoded ahead. */
  data: number;
  /** The program itself. */
  program: number;
  /** Total. */
  total: number;
}

/** Deno, tfjs and the CPU engine: resident memory of a run of a tiny network. */
const PROGRAM_BYTES = 480e6;

const BYTES = 4;

/**
 * float32 values that a block keeps: its input, the outputs of both norms, packed q, k and v, the attention's
 * output and probabilities (or statistics to recompute them, if they would exceed 3 · tokens · width), the
 * sum between the branches and the MLP's hidden layer before GELU.
 */
function blockValues(options: StackOptions, batch: number, tokens: number): number {
  const { width, heads } = options;
  const perToken = 8 * width + hiddenWidth(options);
  return batch * tokens * (perToken + Math.min(heads * tokens, 3 * width));
}

/** A stack of blocks and its number of tokens per clip. */
export interface StackLoad {
  /** The blocks. */
  stack: StackOptions;
  /** Tokens per clip. */
  tokens: number;
}

/** What the memory of a step depends on. */
export interface MemoryQuestion {
  /** Clip geometry. */
  geometry: ClipGeometry;
  /** Number of trained values. */
  parameters: number;
  /** Number of frozen values, such as a frozen encoder's. @default 0 */
  frozenParameters?: number;
  /** Width of a token embedding, if all tokens are embedded for token selection. */
  embeddingWidth: number;
  /** The stacks that tokens pass through. */
  stacks: readonly StackLoad[];
  /** Further values per clip that the backward pass needs. */
  extraValues: number;
  /** Clips per forward pass. */
  batch: number;
  /** Whether EMA weights are kept. */
  average: boolean;
  /** Clips per optimiser step. */
  clipsPerStep: number;
  /** Number of steps decoded ahead. */
  prefetch: number;
}

/** Values that a stack keeps; with activation checkpointing its blocks' inputs and one block at a time. */
function stackValues({ stack, tokens: placed }: StackLoad, batch: number): number {
  const tokens = placed + extraTokens(stack);
  const block = blockValues(stack, batch, tokens);
  return stack.recompute ? stack.depth * batch * tokens * stack.width + block : stack.depth * block;
}

/** Estimates the resident memory of training on the CPU engine. */
export function estimateMemory(question: MemoryQuestion): MemoryEstimate {
  const { geometry, stacks, batch, average, clipsPerStep, prefetch, frozenParameters = 0 } =
    question;
  const { tokens } = tokenGrid(geometry);
  const state = BYTES * (question.parameters * (average ? 6 : 5) + frozenParameters);
  const kept = stacks.reduce((sum, load) => sum + stackValues(load, batch), 0);
  const activations = BYTES * (kept + batch * question.extraValues);
  const clipBytes = geometry.frames * geometry.imageSize ** 2 * 3;
  const data = batch * tokens * (2 * valuesPerToken(geometry) + question.embeddingWidth) * BYTES +
    clipsPerStep * clipBytes * (prefetch + 2);
  const total = state + activations + data + PROGRAM_BYTES;
  return { state, activations, data, program: PROGRAM_BYTES, total };
}
