import { type ClipGeometry, tokenGrid, valuesPerToken } from "@videoms/core";
import { hiddenWidth } from "../backbone/vit_block.ts";
import { type StackOptions } from "../vit/blocks.ts";

/** Where the memory of a training step goes, in bytes. */
export interface MemoryEstimate {
  /** Weights and their values at the start, gradients, both moments, averaged weights; those of a frozen encoder. */
  state: number;
  /** What the forward pass keeps for the backward pass. */
  activations: number;
  /** Pixels and tokens of the batch, with those decoded ahead. */
  data: number;
  /** The program itself. */
  program: number;
  /** All of it. */
  total: number;
}

/** Deno, tfjs, the CPU engine and what they hold besides: resident memory of a run of a tiny network. */
const PROGRAM_BYTES = 480e6;

const BYTES = 4;

/**
 * float32 values that a block keeps: its input, what both norms give, packed q, k and v, the attention's
 * output and probabilities (or, where they are more than 3 · tokens · width, what they are computed from
 * again), the sum in the middle and the MLP's hidden layer before GELU.
 */
function blockValues(options: StackOptions, batch: number, tokens: number): number {
  const { width, heads } = options;
  const perToken = 8 * width + hiddenWidth(options);
  return batch * tokens * (perToken + Math.min(heads * tokens, 3 * width));
}

/** A stack of blocks and the tokens of a clip that go through it. */
export interface StackLoad {
  /** The blocks. */
  stack: StackOptions;
  /** Tokens of a clip. */
  tokens: number;
}

/** What the memory of a step depends on. */
export interface MemoryQuestion {
  /** The clips. */
  geometry: ClipGeometry;
  /** Values of all tensors that are trained. */
  parameters: number;
  /** Values of tensors that are not, such as those of a frozen encoder. @default 0 */
  frozenParameters?: number;
  /** Width of a token embedding, which all tokens get where a choice depends on it. */
  embeddingWidth: number;
  /** What the tokens go through. */
  stacks: readonly StackLoad[];
  /** Further values per clip that the backward pass needs. */
  extraValues: number;
  /** Clips of a forward pass. */
  batch: number;
  /** Whether averaged weights are kept. */
  average: boolean;
  /** Clips of an optimiser step. */
  clipsPerStep: number;
  /** Steps that are decoded ahead. */
  prefetch: number;
}

/** Values that a stack keeps; one that recomputes has its inputs and one block at a time. */
function stackValues({ stack, tokens }: StackLoad, batch: number): number {
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
