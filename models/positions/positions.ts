import type * as tf from "@tensorflow/tfjs-core";
import type { ParameterSpec, Scope, TokenGrid } from "@videoms/core";

/** How each head of queries and keys is rotated, token by token, row-major [N, d] both. */
export interface RotationTable {
  /** Factor of a value. */
  readonly cos: Float32Array;
  /** Factor of the other value of its pair, (0, 1), (2, 3) …, with its sign. */
  readonly sin: Float32Array;
}

/**
 * How a stack of blocks is told where tokens are: by fixed rows added to embeddings, by learned ones, or by a rotation
 * of queries and keys. An encoder and the decoder beside it have one of their own each. Its methods do not use `this`.
 */
export interface Positions {
  /** The plugin's name. */
  readonly name: string;
  /** Fixed rows that are added to embeddings, row-major [N, width]. @default none */
  table?(grid: TokenGrid, width: number): Float32Array;
  /** Learned tensors, which {@linkcode Positions.rows} makes rows of. @default none */
  readonly learned?: {
    /** The tensors, named `<prefix>.…`: vectors, or matrices [places, width]. */
    specs(prefix: string, grid: TokenGrid, width: number): ParameterSpec[];
    /**
     * Rows that are added to embeddings.
     *
     * @param p the tensors, by name without the prefix
     * @returns [N, width]
     */
    rows(p: Scope, grid: TokenGrid): tf.Tensor2D;
  };
  /**
   * Rotation of queries and keys. Keys then have a bias too, since it matters. @default none
   *
   * @param headWidth values of a head, d
   * @throws {RangeError} if heads of this width cannot be rotated
   */
  rotation?(grid: TokenGrid, headWidth: number): RotationTable;
}
