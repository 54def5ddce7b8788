/** One part of a list that several processes or machines share. */
export interface Shard {
  /** Which part, from 1. */
  readonly index: number;
  readonly count: number;
}

/**
 * Reads a shard as people write it, `2/4`.
 *
 * @throws {RangeError} if it is not `i/n` with i from 1 to n
 */
export function parseShard(text: string): Shard {
  const match = /^\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(text);
  const [index, count] = match ? [Number(match[1]), Number(match[2])] : [0, 0];
  if (!match || index < 1 || index > count || !Number.isSafeInteger(count)) {
    throw new RangeError(
      `Cannot read a shard: it must be i/n with i from 1 to n, such as 2/4, got "${text}"`,
    );
  }
  return { index, count };
}

/**
 * The rows of a shard: every n-th one, so that the parts are of one size and each of them meets all
 * classes of a list that is sorted by class.
 */
export function shardRows(rows: number, { index, count }: Shard): number[] {
  const own: number[] = [];
  for (let row = index - 1; row < rows; row += count) own.push(row);
  return own;
}
