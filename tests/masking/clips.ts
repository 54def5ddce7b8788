import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { gridOf, type RandomStream, randomStream, type TokenGrid } from "@videoms/core";
import type { MaskingStrategy } from "@videoms/masking";

/** Grids of many shapes: odd sides, sides of 1, tubelets from 2 to 12. */
export const GRIDS: readonly TokenGrid[] = [
  [8, 14, 14],
  [2, 7, 7],
  [3, 5, 3],
  [5, 4, 9],
  [7, 7, 7],
  [12, 3, 8],
].map(([t, h, w]) => gridOf(t, h, w));

/** The grid of the paper: 16 frames of 224 x 224 pixels. */
export const PAPER_GRID: TokenGrid = gridOf(8, 14, 14);

/** One stream per clip. */
export function streams(seeds: readonly number[]): RandomStream[] {
  return seeds.map((seed) => randomStream(seed, "mask"));
}

/** Embeddings [clips, N, width] of standard normal values; a clip is a function of its seed alone. */
export function embeddingsOf(
  seeds: readonly number[],
  grid: TokenGrid,
  width: number,
): tf.Tensor3D {
  const values = seeds.flatMap((seed) => {
    const random = randomStream(seed, "embeddings");
    return Array.from({ length: grid.tokens * width }, () => random.normal());
  });
  return tf.tensor3d(values, [seeds.length, grid.tokens, width]);
}

/** The rows of an index tensor; disposes of it. */
export async function rowsOf(index: tf.Tensor2D): Promise<number[][]> {
  const [rows, length] = index.shape;
  const values = Array.from(await index.data());
  index.dispose();
  return Array.from({ length: rows }, (_, b) => values.slice(b * length, (b + 1) * length));
}

/** Visible and target tokens of clips that are functions of their seeds. */
export async function chooseTokens(
  strategy: MaskingStrategy,
  seeds: readonly number[],
  grid: TokenGrid,
  progress?: number,
): Promise<{ visible: number[][]; target: number[][] }> {
  const random = streams(seeds);
  const tokens = embeddingsOf(seeds, grid, 4);
  const { visible, target, importance } = await strategy.select({
    grid,
    batch: seeds.length,
    embeddings: strategy.needsEmbeddings ? tokens : undefined,
    patches: strategy.needsPatches ? tokens : undefined,
    random,
    progress,
  });
  tf.dispose([tokens, importance ?? []]);
  assert.equal(visible.dtype, "int32");
  assert.equal(target.dtype, "int32");
  return { visible: await rowsOf(visible), target: await rowsOf(target) };
}

/** The places of tokens by tubelet. */
export function byTubelet(
  tokens: readonly number[],
  { tubelets, perTubelet }: TokenGrid,
): number[][] {
  return Array.from(
    { length: tubelets },
    (_, t) => tokens.filter((n) => Math.floor(n / perTubelet) === t).map((n) => n % perTubelet),
  );
}
