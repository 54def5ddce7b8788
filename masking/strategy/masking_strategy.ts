import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import type { RandomStream, TokenGrid } from "@videoms/core";

/** One batch for a masking strategy. */
export interface MaskingInput {
  /** The grid of N tokens of each clip. */
  grid: TokenGrid;
  /** Clips, B. */
  batch: number;
  /**
   * Detached token embeddings float32 [B, N, D] before position embeddings are added; present only if the
   * strategy's `needsEmbeddings` is true.
   */
  embeddings?: Tensor3D;
  /** Normalised pixels float32 [B, N, P]; present only if the strategy's `needsPatches` is true. */
  patches?: Tensor3D;
  /** One stream per clip, so that a clip's mask does not depend on the rest of the batch. */
  random: readonly RandomStream[];
  /** Training progress, [0, 1]. @default 1 */
  progress?: number;
}

/** The tokens of a mask. Tokens in neither index never enter the model. */
export interface Selection {
  /** Tokens that the encoder sees, int32 [B, K], ascending. */
  visible: Tensor2D;
  /** Tokens to reconstruct, int32 [B, M], ascending. */
  target: Tensor2D;
  /** Importance of every token, float32 [B, N], for visualisation; only from strategies that compute it. */
  importance?: Tensor2D;
}

/** Tokens per clip; the same for every clip, so that batches are dense. */
export interface TokenCounts {
  /** Visible tokens, K. */
  visible: number;
  /** Target tokens, M. */
  target: number;
}

/**
 * A masking strategy. It sees the grid, detached embeddings and random streams, never the model. Its methods
 * do not use `this`.
 */
export interface MaskingStrategy {
  /** The plugin's name. */
  readonly name: string;
  /** Whether {@linkcode MaskingInput.embeddings} must be given. */
  readonly needsEmbeddings: boolean;
  /** Whether {@linkcode MaskingInput.patches} must be given. @default false */
  readonly needsPatches?: boolean;
  /**
   * Further strategies that each mask every clip independently in training; the loss is the mean over all
   * masks. Elsewhere a clip has one mask. @default none
   */
  readonly more?: readonly MaskingStrategy[];
  /**
   * Token counts for a grid; the largest for a strategy that changes during training.
   *
   * @throws {RangeError} if options and grid leave no visible or no target token, or do not fit each other
   */
  counts(grid: TokenGrid): TokenCounts;
  /**
   * Masks a batch. The caller disposes of the tensors.
   *
   * @throws {RangeError} as {@linkcode MaskingStrategy.counts}, and for inputs of other sizes
   * @throws {TypeError} if embeddings or patches are needed and missing
   */
  select(input: MaskingInput): Promise<Selection>;
}
