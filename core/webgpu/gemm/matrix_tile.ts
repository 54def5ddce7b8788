import type { MatrixUnit } from "../matrix/matrix_unit.ts";
import { type GemmTile, threadsOf, tileCount, TWO_WAVES } from "./gemm_tile.ts";

/** Numbers after each row of a staged tile, which spread rows over the banks of workgroup memory. */
export const ROW_PADDING = 8;

/** Numbers after each row of float32 sums, for the same reason; 16 bytes, as units want rows aligned. */
export const SUM_PADDING = 4;

/** Bytes of workgroup memory up to which sums take more of it than they need. */
const AMPLE_BYTES = 32768;

/** Limits of a device that a workgroup must keep. */
export interface WorkgroupLimits {
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupSizeX: number;
}

/** Part of a subgroup's sums, a unit's rows of one or more of its matrices, that is written at once. */
export interface SumStrip {
  /** Columns. */
  readonly columns: number;
  /** Numbers from row to row in workgroup memory. */
  readonly stride: number;
}

/** Numbers of workgroup memory for the strips of all subgroups. */
export function stripNumbers({ m, n, rows, columns, unit }: GemmTile, stride: number): number {
  return (m / rows) * (n / columns) * unit!.m * stride;
}

function bytesOf(tile: GemmTile, { stride }: SumStrip): number {
  const staged = (tile.m + tile.n) * (tile.k + ROW_PADDING); // at least that of tiles stored [k, …]
  return 2 * staged + 4 * stripNumbers(tile, stride);
}

/** The widest strip that leaves a tile in ample memory, of at least one matrix. */
export function stripOf(tile: GemmTile): SumStrip {
  const { n } = tile.unit!;
  const strips = [4, 2, 1].map((matrices) => ({
    columns: matrices * n,
    stride: matrices * n + SUM_PADDING,
  }));
  return strips.find((strip) =>
    strip.columns <= 32 && tile.columns % strip.columns === 0 &&
    bytesOf(tile, strip) <= AMPLE_BYTES
  ) ?? strips[2];
}

/** Rows, columns and k of a workgroup, rows and columns of a subgroup, and whether it fetches ahead. */
type Shape = readonly [
  m: number,
  n: number,
  k: number,
  rows: number,
  columns: number,
  ahead: boolean,
];

/** Shapes for large results. */
const LARGE: readonly Shape[] = [
  [128, 128, 32, 64, 64, true],
  [128, 128, 32, 32, 64, true],
  [128, 64, 32, 32, 64, true],
];

/** Shapes to try, the largest first. */
const SHAPES: readonly Shape[] = [
  ...LARGE,
  [128, 128, 32, 64, 64, false],
  [128, 64, 32, 32, 64, false],
  [64, 64, 32, 32, 32, true],
  [64, 64, 32, 32, 32, false],
  [32, 64, 32, 16, 32, false],
  [32, 32, 32, 16, 16, false],
  [32, 32, 16, 8, 8, false], // few statements, which a software GPU compiles in a second
];

function matrixTile(unit: MatrixUnit, [m, n, k, rows, columns, prefetch]: Shape): GemmTile {
  const shape = `${m}x${n}x${k}/${rows}x${columns}`;
  const name = `${shape} on ${unit.m}x${unit.n}x${unit.k}${prefetch ? " ahead" : ""}`;
  return { name, m, n, k, rows, columns, unit, prefetch };
}

function fits(tile: GemmTile, limits: WorkgroupLimits): boolean {
  const { rows, columns, k, unit } = tile;
  const threads = threadsOf(tile);
  return rows % unit!.m === 0 && columns % unit!.n === 0 && k % unit!.k === 0 &&
    bytesOf(tile, stripOf(tile)) <= limits.maxComputeWorkgroupStorageSize &&
    threads <= limits.maxComputeInvocationsPerWorkgroup &&
    threads <= limits.maxComputeWorkgroupSizeX;
}

/**
 * The tiles for a device's matrix units that it has room for, the largest first: all for the first unit, large
 * ones for the second. Further units would only cost a search more time.
 */
export function matrixTiles(
  units: readonly MatrixUnit[],
  limits: WorkgroupLimits,
): readonly GemmTile[] {
  return [SHAPES, LARGE].flatMap((shapes, i) =>
    i < units.length ? shapes.map((shape) => matrixTile(units[i], shape)) : []
  ).filter((tile) => fits(tile, limits));
}

/**
 * The default among tiles of matrix units, of which there must be one, for a result [m, n].
 *
 * @param large whether the GPU is a large discrete one, which wants the largest tiles that occupy it
 */
export function usualMatrixTile(
  tiles: readonly GemmTile[],
  m: number,
  n: number,
  large: boolean,
): GemmTile {
  const own = tiles.filter(({ unit }) => unit === tiles[0].unit);
  const smallest = own[own.length - 1];
  return large && own.find((tile) => tileCount(tile, m, n) >= TWO_WAVES / 2) || smallest;
}
