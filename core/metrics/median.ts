/**
 * The median of values, the greater of the two in the middle where their number is even; undefined if there are none.
 */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
