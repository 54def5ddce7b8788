import type { Communicator } from "@videoms/core";

/**
 * Positions, in the clips of an optimiser step, of those that a rank takes; undefined for a rank alone, which takes
 * all. Each takes as many of every micro-batch, from both its ends where they are even: mixup pairs the first clip
 * with the last.
 *
 * @param mixes whether clips are mixed in pairs
 * @throws {RangeError} if the ranks cannot take equally many clips
 */
export function batchPlaces(
  { batch, accumulate }: { readonly batch: number; readonly accumulate: number },
  { rank, size }: Pick<Communicator, "rank" | "size">,
  mixes = false,
): number[] | undefined {
  if (size === 1) return undefined;
  const own = batch / size;
  const unit = mixes ? 2 * size : size;
  if (batch % unit !== 0) {
    const below = Math.floor(batch / unit) * unit;
    const nearest = below === 0 ? `${unit}` : `${below} or ${below + unit}`;
    throw new RangeError(
      `Cannot train on ${size} ranks: batch must be a multiple of ${unit}` +
        `${
          mixes ? ", since clips are mixed in pairs" : ""
        }, got ${batch}; the nearest is ${nearest}`,
    );
  }
  const inMicroBatch = Array.from({ length: own }, (_, i) => {
    if (own % 2 !== 0) return rank * own + i;
    const half = own / 2;
    return i < half ? rank * half + i : batch - (rank + 1) * half + i - half;
  });
  return Array.from({ length: accumulate }, (_, i) => inMicroBatch.map((p) => i * batch + p))
    .flat();
}
