import type { RandomStream, TokenGrid } from "@videoms/core";
import { checkStreams, indexTensor } from "./index_tensor.ts";
import type { MaskingStrategy, TokenCounts } from "./masking_strategy.ts";

/** The tokens of one clip, in any order. */
export interface ClipTokens {
  /** Tokens that the encoder sees, [K]. */
  visible: Int32Array;
  /** Tokens to reconstruct, [M]. */
  target: Int32Array;
}

/** Options of {@linkcode drawnStrategy}. */
export interface DrawnStrategyOptions {
  /** The plugin's name. */
  name: string;
  /** See {@linkcode MaskingStrategy.counts}. */
  counts(grid: TokenGrid): TokenCounts;
  /** Chooses the tokens of a clip: exactly `counts(grid)` of them, each at most once. */
  choose(grid: TokenGrid, random: RandomStream): ClipTokens;
}

/** A strategy that chooses tokens clip by clip from the grid and a random stream alone. */
export function drawnStrategy({ name, counts, choose }: DrawnStrategyOptions): MaskingStrategy {
  return {
    name,
    needsEmbeddings: false,
    counts,
    // deno-lint-ignore require-await -- throws become rejections, as the contract says
    async select({ grid, batch, random }) {
      checkStreams(random, batch);
      const { visible, target } = counts(grid);
      const clips = random.map((stream) => choose(grid, stream));
      return {
        visible: indexTensor(clips.map((clip) => clip.visible), visible),
        target: indexTensor(clips.map((clip) => clip.target), target),
      };
    },
  };
}

/** Indices of the tokens at spatial positions in each of the given tubelets. */
export function tokensAt(
  places: ArrayLike<number>,
  tubelets: ArrayLike<number>,
  { perTubelet }: TokenGrid,
): Int32Array {
  const tokens = new Int32Array(tubelets.length * places.length);
  for (let t = 0; t < tubelets.length; t++) {
    for (let i = 0; i < places.length; i++) {
      tokens[t * places.length + i] = tubelets[t] * perTubelet + places[i];
    }
  }
  return tokens;
}

/** 0 … `count` − 1. */
export function firstNumbers(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}
