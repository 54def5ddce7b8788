import type { Communicator } from "@videoms/core";

/** The clips of an optimiser step: `accumulate` micro-batches of `batch` clips. */
export interface StepSize {
  readonly batch: number;
  readonly accumulate: number;
}

/**
 * Micro-batches that a rank works on in a step: its share of them where the ranks divide their number, else a part of
 * each.
 */
export function microBatchesOf({ accumulate }: Pick<StepSize, "accumulate">, size: number): number {
  return accumulate % size === 0 ? accumulate / size : accumulate;
}

/**
 * Positions, in the clips of an optimiser step, of those that a rank takes; undefined for a rank alone, which takes
 * all. Where the ranks divide the number of micro-batches, they take these in turns. Else each takes as many clips of
 * every one, from both its ends where they are even: mixup pairs the first clip with the last.
 *
 * @param mixes whether clips are mixed in pairs
 * @throws {RangeError} if the ranks cannot take equally many clips
 */
export function batchPlaces(
  step: StepSize,
  { rank, size }: Pick<Communicator, "rank" | "size">,
  mixes = false,
): number[] | undefined {
  if (size === 1) return undefined;
  const { batch, accumulate } = step;
  const own = microBatchesOf(step, size);
  if (own < accumulate) {
    return Array.from({ length: own }, (_, i) => range((i * size + rank) * batch, batch)).flat();
  }
  requireParts(step, size, mixes);
  const inMicroBatch = partOfMicroBatch(batch, rank, size);
  return Array.from({ length: accumulate }, (_, i) => inMicroBatch.map((p) => i * batch + p))
    .flat();
}

function range(start: number, length: number): number[] {
  return Array.from({ length }, (_, i) => start + i);
}

function partOfMicroBatch(batch: number, rank: number, size: number): number[] {
  const own = batch / size;
  if (own % 2 !== 0) return range(rank * own, own);
  const half = own / 2;
  return [...range(rank * half, half), ...range(batch - (rank + 1) * half, half)];
}

function requireParts({ batch, accumulate }: StepSize, size: number, mixes: boolean): void {
  const unit = mixes ? 2 * size : size;
  if (batch % unit === 0) return;
  const below = Math.floor(batch / unit) * unit;
  const nearest = below === 0 ? `${unit}` : `${below} or ${below + unit}`;
  throw new RangeError(
    `Cannot train on ${size} ranks: batch must be a multiple of ${unit}` +
      `${mixes ? ", since clips are mixed in pairs" : ""}, or accumulate one of ${size}, got ` +
      `${batch} and ${accumulate}; the nearest batch is ${nearest}`,
  );
}
