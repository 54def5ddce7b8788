import type { TokenGrid } from "@videoms/core";

/** Tubelet, row and column of token `n`. */
export function placesOf(
  { perTubelet, columns }: TokenGrid,
  n: number,
): readonly [tubelet: number, row: number, column: number] {
  const inTubelet = n % perTubelet;
  return [Math.floor(n / perTubelet), Math.floor(inTubelet / columns), inTubelet % columns];
}
