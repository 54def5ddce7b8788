import type { MatrixUnit } from "../matrix/matrix_unit.ts";
import { headLayout, type KernelLayout } from "./attention_tile.ts";

/**
 * Sizes of a kernel whose products are computed by matrix units. Each subgroup owns as many rows as its
 * matrices have; its threads share a row's scores among few neighbours.
 */
export interface MatrixLayout extends KernelLayout {
  readonly unit: MatrixUnit;
  /** Width of a head in workgroup memory, where it is padded with zeros to whole matrices. */
  readonly depth: number;
  /** Stride of rows of a head in workgroup memory; skewed, so that rows are in different banks. */
  readonly stride: number;
  /** Stride of rows of scores, in float32. */
  readonly scoreStride: number;
  /** Stride of rows of weights, in half precision. */
  readonly weightStride: number;
  /** Threads of an owned row. */
  readonly lanesPerRow: number;
}

/** What a kernel keeps in workgroup memory, apart from two tiles of rows of the other side. */
export interface MatrixMemory {
  /** Arrays of float32, owned rows by other rows. */
  readonly scores: number;
  /** Arrays of half precision, owned rows by other rows. */
  readonly weights: number;
  /** Single numbers. */
  readonly numbers: number;
}

function leastCommonMultiple(a: number, b: number): number {
  let multiple = a;
  while (multiple % b !== 0) multiple += a;
  return multiple;
}

/** Subgroups, and rows of the other side: from most products per value staged to least memory. */
const DIVISIONS: readonly (readonly [subgroups: number, columns: number])[] = [
  [4, 32],
  [2, 32],
  [4, 16],
  [2, 16],
  [1, 16],
];

/** Threads of a workgroup that every device allows. */
const MOST_THREADS = 256;

/** Bytes of workgroup memory of a kernel. */
export function matrixBytes(layout: MatrixLayout, memory: MatrixMemory): number {
  const { rows, columns, stride, scoreStride, weightStride } = layout;
  return 2 * 2 * columns * stride + 4 * memory.scores * rows * scoreStride +
    2 * memory.weights * rows * weightStride + 4 * memory.numbers;
}

/**
 * The sizes for heads of a width, or null if a unit suits no division of the work, or none fits.
 *
 * @param limit bytes of workgroup memory
 */
export function matrixLayout(
  width: number,
  unit: MatrixUnit,
  memory: MatrixMemory,
  limit: number,
): MatrixLayout | null {
  const { m, n, k, subgroupSize } = unit;
  const step = leastCommonMultiple(n, k);
  const depth = step * Math.ceil(width / step);
  for (const [subgroups, columns] of DIVISIONS) {
    const layout = {
      ...headLayout(width),
      name: `${m}x${n}x${k} ${subgroups}x${columns}`,
      unit,
      rows: subgroups * m,
      columns,
      threads: subgroups * subgroupSize,
      depth,
      stride: depth + 8,
      scoreStride: columns + 4,
      weightStride: columns + 8,
      lanesPerRow: subgroupSize / m,
    };
    const isDivided = columns % step === 0 && columns % m === 0 && subgroupSize % m === 0;
    if (!isDivided || layout.threads > MOST_THREADS) continue;
    if (matrixBytes(layout, memory) <= limit) return layout;
  }
  return null;
}
