import { type ClipGeometry, type TokenGrid, tokenGrid } from "@videoms/core";

/**
 * Motion of each token: the mean absolute difference between its pixels and those of the previous frame,
 * except for the clip's first frame. Computed from pixels alone, so that it can judge a selection made from
 * embeddings.
 *
 * @param pixels u8 of one clip, row-major [T, H, W, 3]
 * @returns [N], 0 to 255
 */
export function tokenMotion(pixels: Uint8Array, geometry: ClipGeometry): Float64Array {
  const { frames, tubeletSize, imageSize, patchSize } = geometry;
  const { perTubelet, tokens, columns } = tokenGrid(geometry);
  const lineBytes = imageSize * 3;
  const frameBytes = imageSize * lineBytes;
  const sums = new Float64Array(tokens);
  for (let frame = 1; frame < frames; frame++) {
    const first = Math.floor(frame / tubeletSize) * perTubelet;
    for (let i = 0; i < frameBytes; i++) {
      const row = Math.floor(i / (lineBytes * patchSize));
      const column = Math.floor(i % lineBytes / (3 * patchSize));
      const at = frame * frameBytes + i;
      sums[first + row * columns + column] += Math.abs(pixels[at] - pixels[at - frameBytes]);
    }
  }
  return sums.map((sum, n) => {
    // The clip's first frame has no predecessor; with tubelets of one frame, tubelet 0 has none.
    const differences = n < perTubelet ? Math.max(1, tubeletSize - 1) : tubeletSize;
    return sum / (differences * patchSize ** 2 * 3);
  });
}

/** Mean of the values at some indices; null if there are none. */
export function meanAt(values: ArrayLike<number>, indices: Iterable<number>): number | null {
  let sum = 0;
  let count = 0;
  for (const index of indices) {
    sum += values[index];
    count++;
  }
  return count === 0 ? null : sum / count;
}

/** The tokens that are not selected. */
export function otherTokens(chosen: Iterable<number>, tokens: number): Int32Array {
  const taken = new Set(chosen);
  return Int32Array.from(
    Array.from({ length: tokens }, (_, n) => n).filter((n) => !taken.has(n)),
  );
}

/** Intersection over union of two sets of tokens; 1 for empty sets. */
export function agreement(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const first = new Set(Array.from(a));
  const both = Array.from(b).filter((token) => first.has(token)).length;
  const either = first.size + b.length - both;
  return either === 0 ? 1 : both / either;
}

/** Mean {@linkcode agreement} of all pairs of sets; null for fewer than two sets. */
export function stability(sets: readonly ArrayLike<number>[]): number | null {
  const pairs = sets.flatMap((a, i) => sets.slice(i + 1).map((b) => agreement(a, b)));
  return meanAt(pairs, pairs.keys());
}

/** The share of selected tokens in each tubelet. */
export function shareByTubelet(chosen: ArrayLike<number>, grid: TokenGrid): number[] {
  const counts = new Array<number>(grid.tubelets).fill(0);
  for (const token of Array.from(chosen)) counts[Math.floor(token / grid.perTubelet)]++;
  return counts.map((count) => count / grid.perTubelet);
}

/** Counts tokens that share their importance with another token. */
export function countTied(importance: ArrayLike<number>): number {
  const seen = new Map<number, number>();
  for (const value of Array.from(importance)) seen.set(value, (seen.get(value) ?? 0) + 1);
  return [...seen.values()].reduce((sum, count) => count > 1 ? sum + count : sum, 0);
}
