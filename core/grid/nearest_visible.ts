import type { TokenGrid } from "./token_grid.ts";

/** Steps between two tokens along tubelets, rows and columns, squared and summed. */
function squaredDistance(a: number, b: number, { perTubelet, columns }: TokenGrid): number {
  const place = (n: number) => [
    Math.floor(n / perTubelet),
    Math.floor(n % perTubelet / columns),
    n % columns,
  ];
  const [ta, ra, ca] = place(a);
  const [tb, rb, cb] = place(b);
  return (ta - tb) ** 2 + (ra - rb) ** 2 + (ca - cb) ** 2;
}

/**
 * For each target token the nearest visible one, the earlier of two that are as near.
 *
 * @param visible indices of the visible tokens
 * @param target indices of the target tokens
 * @returns one visible token for each target
 */
export function nearestVisible(
  visible: ArrayLike<number>,
  target: ArrayLike<number>,
  grid: TokenGrid,
): Int32Array {
  return Int32Array.from(target, (one) => {
    let nearest = visible[0];
    for (let i = 1; i < visible.length; i++) {
      const closer = squaredDistance(one, visible[i], grid) < squaredDistance(one, nearest, grid);
      if (closer) nearest = visible[i];
    }
    return nearest;
  });
}
