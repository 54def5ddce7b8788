import type { MatrixUnit } from "../matrix/matrix_unit.ts";

/** A tiling of a matrix product. */
export interface GemmTile {
  /** Name under which a choice is stored. */
  readonly name: string;
  /** Rows of the result per workgroup. */
  readonly m: number;
  /** Columns of the result per workgroup. */
  readonly n: number;
  /** Length of the dot products between two barriers; a multiple of 4, and of the unit's. */
  readonly k: number;
  /** Rows per thread, a multiple of 4; on a matrix unit rows per subgroup, a multiple of the unit's. */
  readonly rows: number;
  /** Columns per thread or subgroup, likewise. */
  readonly columns: number;
  /** The matrix unit that multiplies, which rounds operands to half precision; null for plain code. */
  readonly unit: MatrixUnit | null;
  /** Whether the next operands are read while the unit multiplies, into registers. */
  readonly prefetch: boolean;
}

function tile(m: number, n: number, k: number, rows: number, columns: number): GemmTile {
  const name = `${m}x${n}x${k}/${rows}x${columns}`;
  return { name, m, n, k, rows, columns, unit: null, prefetch: false };
}

/** Most products per value read; for GPUs with many registers and large products. */
export const LARGE_TILE: GemmTile = tile(128, 128, 16, 8, 8);

/** For unknown GPUs, and for products with few large tiles. */
export const MEDIUM_TILE: GemmTile = tile(64, 64, 16, 8, 4);

/** For narrow or low results. */
export const SMALL_TILE: GemmTile = tile(32, 32, 16, 4, 4);

/** Least code, for slow compilers. */
export const QUICK_TILE: GemmTile = tile(16, 16, 8, 4, 4);

/** The tiles without matrix units that a search tries. */
export const GEMM_TILES: readonly GemmTile[] = [
  LARGE_TILE,
  MEDIUM_TILE,
  SMALL_TILE,
  tile(64, 64, 16, 8, 8),
  tile(128, 64, 16, 8, 8),
  tile(64, 64, 32, 4, 4),
];

/** Threads per workgroup. */
export function threadsOf({ m, n, rows, columns, unit }: GemmTile): number {
  return (m / rows) * (n / columns) * (unit?.subgroupSize ?? 1);
}

/** Number of workgroups for a result [m, n]. */
export function tileCount(tile: GemmTile, m: number, n: number): number {
  return Math.ceil(m / tile.m) * Math.ceil(n / tile.n);
}

/** Large tiles pay off once every processor of a large GPU (some 130) has two of them. */
export const TWO_WAVES = 264;

/**
 * The default tile without matrix units for a result [m, n].
 *
 * @param large whether the GPU is a large discrete one
 */
export function usualTile(m: number, n: number, large: boolean): GemmTile {
  if (Math.min(m, n) <= 32) return SMALL_TILE;
  return large && tileCount(LARGE_TILE, m, n) >= TWO_WAVES ? LARGE_TILE : MEDIUM_TILE;
}
