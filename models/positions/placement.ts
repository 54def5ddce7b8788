import * as tf from "@tensorflow/tfjs-core";
import {
  addRows,
  decoderTokens,
  type Parameters,
  type ParameterSpec,
  type Rotation,
  type TokenGrid,
} from "@videoms/core";
import type { Positions } from "./positions.ts";
import { SINE_COSINE } from "./sine_cosine.ts";

/** What the positions of a stack depend on beside the grid. */
export interface PlacedStack {
  /** Width of a token, D. */
  width: number;
  /** Attention heads of a block. */
  heads: number;
  /** How blocks are told where tokens are. @default a sine-cosine table over the flattened token index */
  positions?: Positions;
}

/** The tensors of the positions of a stack, `<prefix>.positions.…`. */
export function placementSpecs(
  prefix: string,
  grid: TokenGrid,
  { width, positions }: PlacedStack,
): ParameterSpec[] {
  return positions?.learned?.specs(`${prefix}.positions`, grid, width) ?? [];
}

/** Rows of a head for queries and keys, and the same value for values: [N, d] gives [N, 3d]. */
function packed(rows: Float32Array, ofValues: number, grid: TokenGrid): tf.Tensor2D {
  return tf.keep(tf.tidy(() => {
    const own = tf.tensor2d(rows, [grid.tokens, rows.length / grid.tokens]);
    return tf.concat([own, own, tf.fill<tf.Rank.R2>(own.shape, ofValues)], 1);
  }));
}

/** The positions of the tokens of a stack on the device. */
export class Placement {
  readonly #prefix: string;
  readonly #grid: TokenGrid;
  readonly #stack: PlacedStack;
  readonly #table: tf.Tensor2D | null;
  readonly #rotation: { readonly cos: tf.Tensor2D; readonly sin: tf.Tensor2D } | null;

  /**
   * Uploads tables.
   *
   * @param prefix "encoder" or "decoder", whose learned tensors are `<prefix>.positions.…`
   * @throws {RangeError} if the positions do not suit the width of tokens or heads
   */
  constructor(prefix: string, grid: TokenGrid, stack: PlacedStack) {
    const { width, heads, positions = SINE_COSINE } = stack;
    this.#prefix = `${prefix}.positions`;
    this.#grid = grid;
    this.#stack = stack;
    const rotation = positions.rotation?.(grid, width / heads);
    const table = positions.table?.(grid, width);
    this.#table = table ? tf.keep(tf.tensor2d(table, [grid.tokens, width])) : null;
    this.#rotation = rotation
      ? { cos: packed(rotation.cos, 1, grid), sin: packed(rotation.sin, 0, grid) }
      : null;
  }

  /** Learned and fixed rows [N, D] of all tokens; null for none. */
  #rows(parameters: Parameters): { rows: tf.Tensor2D; learns: boolean } | null {
    const rows = this.#stack.positions?.learned?.rows(
      parameters.scope(this.#prefix),
      this.#grid,
    );
    if (!rows) return this.#table && { rows: this.#table, learns: false };
    return { rows: this.#table ? tf.add(rows, this.#table) : rows, learns: true };
  }

  /**
   * Adds positions to embeddings.
   *
   * @param x [B, K, D]
   * @param index int32 [B, K]
   */
  add(parameters: Parameters, x: tf.Tensor3D, index: tf.Tensor2D): tf.Tensor3D {
    const added = this.#rows(parameters);
    return added ? addRows(x, added.rows, index, added.learns) : x;
  }

  /**
   * The decoder's input: known tokens, then a mask token for each target, all with their positions.
   *
   * @param known [B, K, D]
   * @param token [D]
   * @param visible int32 [B, K]
   * @param target int32 [B, M]
   * @returns [B, K + M, D]
   */
  decoderTokens(
    parameters: Parameters,
    known: tf.Tensor3D,
    token: tf.Tensor1D,
    { visible, target }: { visible: tf.Tensor2D; target: tf.Tensor2D },
  ): tf.Tensor3D {
    const { rows, learns } = this.#rows(parameters) ??
      { rows: tf.zeros([this.#grid.tokens, this.#stack.width]) as tf.Tensor2D, learns: false };
    return decoderTokens(known, token, rows, visible, target, learns);
  }

  /**
   * How queries and keys of tokens are rotated; null for not at all.
   *
   * @param indices int32 [B, K] each, of tokens side by side
   * @param extra tokens before them that are of no place, which do not turn
   */
  rotation(indices: readonly tf.Tensor2D[], extra = 0): Rotation | null {
    const tables = this.#rotation;
    if (!tables) return null;
    const index = indices.length === 1 ? indices[0] : tf.concat2d([...indices], 1);
    const [cos, sin] = ([[tables.cos, 1], [tables.sin, 0]] as const).map(([table, still]) =>
      tf.pad(
        tf.gather(table, index),
        [[0, 0], [extra, 0], [0, 0]],
        still,
      ) as tf.Tensor as tf.Tensor3D
    );
    return { cos, sin };
  }

  /** Frees the tables. */
  dispose(): void {
    tf.dispose([this.#table, this.#rotation].flatMap((one) => one ? [one] : []) as tf.Tensor[]);
  }
}
