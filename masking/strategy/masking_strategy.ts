import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import type { RandomStream, TokenGrid } from "@videoms/core";

/** What a masking strategy is handed for one batch. */
export interface MaskingInput {
  /** The grid of N tokens of each clip. */
  grid: TokenGrid;
  /** Clips, B. */
  batch: number;
  /**
   * Detached token embeddings float32 [B, N, D] before positions are added; present only if the
   * strategy's `needsEmbeddings` is true.
   */
  embeddings?: Tensor3D;
  /** Normalised pixels float32 [B, N, P]; present only if the strategy's `needsPatches` is true. */
  patches?: Tensor3D;
  /** One stream per clip of the batch, so that a clip's choice does not depend on its neighbours. */
  random: readonly RandomStream[];
  /** Share of the training that is done, [0, 1]. @default 1 */
  progress?: number;
}

/** The tokens that a strategy chose. Tokens in neither index appear nowhere in the model. */
export interface Selection {
  /** Tokens that the encoder sees, int32 [B, K], ascending. */
  visible: Tensor2D;
  /** Tokens to reconstruct, int32 [B, M], ascending. */
  target: Tensor2D;
  /** Importance of every token, float32 [B, N], for pictures; only from strategies that have one. */
  importance?: Tensor2D;
}

/** How many tokens a strategy chooses per clip; the same for every clip, so that batches are dense. */
export interface TokenCounts {
  /** Visible tokens, K. */
  visible: number;
  /** Target tokens, M. */
  target: number;
}

/**
 * A masking strategy: it knows the grid, detached embeddings and random streams, never the model.
 * Its methods do not use `this`.
 */
export interface MaskingStrategy {
  /** As the plugin is called. */
  readonly name: string;
  /** Whether {@linkcode MaskingInput.embeddings} must be given. */
  readonly needsEmbeddings: boolean;
  /** Whether {@linkcode MaskingInput.patches} must be given. @default false */
  readonly needsPatches?: boolean;
  /**
   * Strategies that mask each clip once more, each for itself: the loss is the mean of all. Only training
   * uses them; elsewhere a clip has one mask. @default none
   */
  readonly more?: readonly MaskingStrategy[];
  /**
   * Counts for a grid; the largest, for a strategy that changes as training goes on.
   *
   * @throws {RangeError} when options and grid leave no visible or no target token, or cannot work
   */
  counts(grid: TokenGrid): TokenCounts;
  /**
   * Chooses the tokens of a batch. The caller disposes of the tensors.
   *
   * @throws {RangeError} as {@linkcode MaskingStrategy.counts}, and for inputs of other sizes
   * @throws {TypeError} if embeddings or patches are needed and missing
   */
  select(input: MaskingInput): Promise<Selection>;
}
