/** How the workgroups of a matrix product share it out. */
export interface GemmTile {
  /** Name by which a choice is remembered. */
  readonly name: string;
  /** Rows of the result that a workgroup computes. */
  readonly m: number;
  /** Columns of the result that a workgroup computes. */
  readonly n: number;
  /** Length of the dot products between two barriers; a multiple of 4. */
  readonly k: number;
  /** Rows that a thread computes; a multiple of 4. */
  readonly rows: number;
  /** Columns that a thread computes; a multiple of 4. */
  readonly columns: number;
}

function tile(m: number, n: number, k: number, rows: number, columns: number): GemmTile {
  return { name: `${m}x${n}x${k}/${rows}x${columns}`, m, n, k, rows, columns };
}

/** Most products per value that is read; for GPUs with many registers and large products. */
export const LARGE_TILE: GemmTile = tile(128, 128, 16, 8, 8);

/** For GPUs that are not known, and for products of few large tiles. */
export const MEDIUM_TILE: GemmTile = tile(64, 64, 16, 8, 4);

/** For results that are narrow or low. */
export const SMALL_TILE: GemmTile = tile(32, 32, 16, 4, 4);

/** Every tile that a search tries. */
export const GEMM_TILES: readonly GemmTile[] = [
  LARGE_TILE,
  MEDIUM_TILE,
  SMALL_TILE,
  tile(64, 64, 16, 8, 8),
  tile(128, 64, 16, 8, 8),
  tile(64, 64, 32, 4, 4),
];

/** Threads of a workgroup. */
export function threadsOf({ m, n, rows, columns }: GemmTile): number {
  return (m / rows) * (n / columns);
}

/** Bytes of workgroup memory. */
export function workgroupBytes({ m, n, k }: GemmTile, bytesPerValue = 4): number {
  return bytesPerValue * k * (m + n);
}

/** Workgroups that a result [m, n] takes. */
export function tileCount(tile: GemmTile, m: number, n: number): number {
  return Math.ceil(m / tile.m) * Math.ceil(n / tile.n);
}

/** Large tiles pay once every processor of a large GPU (some 130) has two of them. */
const TWO_WAVES = 264;

/**
 * The tile for a result [m, n] that was not measured.
 *
 * @param large whether the GPU is a large one with memory of its own
 */
export function usualTile(m: number, n: number, large: boolean): GemmTile {
  if (Math.min(m, n) <= 32) return SMALL_TILE;
  return large && tileCount(LARGE_TILE, m, n) >= TWO_WAVES ? LARGE_TILE : MEDIUM_TILE;
}
