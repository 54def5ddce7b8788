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
