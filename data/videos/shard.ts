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

/**
 * Where the parts of a list begin, and where the last one ends, [parts + 1]: parts of whole batches, as even as these
 * allow.
 *
 * @param count videos of the list
 * @param size.views views of a video
 * @param size.batch views of a batch
 */
export function partBounds(
  count: number,
  parts: number,
  { views, batch }: { views: number; batch: number },
): number[] {
  let unit = 1;
  while (unit * views % batch !== 0) unit++;
  const bounds = Array.from(
    { length: parts },
    (_, i) => unit * Math.floor(count * i / parts / unit),
  );
  return [...bounds, count];
}
