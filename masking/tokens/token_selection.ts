import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { TokenGrid } from "@videoms/core";
import type { MaskingInput } from "../strategy/masking_strategy.ts";

/** Selects the tokens of a clip that a classifier sees. Its methods do not use `this`. */
export interface TokenSelection {
  /** The plugin's name. */
  readonly name: string;
  /** Whether embeddings must be given to {@linkcode TokenSelection.select}. */
  readonly needsEmbeddings: boolean;
  /**
   * Tokens kept per clip, K.
   *
   * @throws {RangeError} if options and grid leave no token
   */
  count(grid: TokenGrid): number;
  /** The kept tokens, int32 [B, K], ascending. The caller disposes of the tensor. */
  select(input: MaskingInput): Promise<Tensor2D>;
}
