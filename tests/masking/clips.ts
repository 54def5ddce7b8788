import * as tf from "@tensorflow/tfjs-core";
import { gridOf, type RandomStream, randomStream, type TokenGrid } from "@videoms/core";

/** Grids of many shapes: odd sides, sides of 1, tubelets from 2 to 12. */
export const GRIDS: readonly TokenGrid[] = [
  [8, 14, 14],
  [2, 7, 7],
  [3, 5, 3],
  [5, 4, 9],
  [7, 7, 7],
  [12, 3, 8],
].map(([t, h, w]) => gridOf(t, h, w));

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
