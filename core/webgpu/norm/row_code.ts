import { reduceCode } from "../reduce_code.ts";
import type { ShaderTarget } from "../shader.ts";
import { narrowed, type ValueType, wgslType, widened } from "../value_type.ts";

/** Cells per thread, unless the row is too long for a workgroup. */
const CELLS_PER_THREAD = 4;

const MAX_LANES = 256;

/** Threads of the smallest workgroup. */
const LEAST_THREADS = 64;

/** Division of rows of D values among the threads of a workgroup; a thread keeps its part in registers. */
export interface RowLayout {
  /** D. */
  readonly width: number;
  /** Whether a cell is a vector of four values, or else a single one. */
  readonly isVector: boolean;
  /** Cells of a row. */
  readonly cells: number;
  /** Threads of a row, a power of two. */
  readonly lanes: number;
  /** Cells per thread: lane, lane + lanes, … */
  readonly cellsPerLane: number;
  /** Rows per workgroup. */
  readonly rows: number;
  readonly threads: number;
}

/** The layout of rows of a width. */
export function rowLayout(width: number): RowLayout {
  const isVector = width % 4 === 0;
  const cells = isVector ? width / 4 : width;
  let lanes = 1;
  while (lanes < MAX_LANES && lanes * CELLS_PER_THREAD < cells) lanes *= 2;
  const threads = Math.max(LEAST_THREADS, lanes);
  const cellsPerLane = Math.ceil(cells / lanes);
  return { width, isVector, cells, lanes, cellsPerLane, rows: threads / lanes, threads };
}

/** WGSL type of a cell. */
export function cellType({ isVector }: RowLayout, stored: ValueType = "f32"): string {
  return wgslType(stored, isVector);
}

/** WGSL of the sum of a cell's values. */
export function cellSum({ isVector }: RowLayout, cell: string): string {
  return isVector ? `((${cell}.x + ${cell}.y) + (${cell}.z + ${cell}.w))` : cell;
}

/** Lines for each cell of a thread. */
export function eachCell(layout: RowLayout, line: (j: number) => string): string {
  return Array.from({ length: layout.cellsPerLane }, (_, j) => line(j)).join("\n");
}

/** WGSL: index of a thread's cell j within its row. */
export function cellNumber({ lanes }: RowLayout, j: number): string {
  return `lane + ${j * lanes}u`;
}

/** Whether every thread has a cell j. */
function isWhole({ cells, lanes }: RowLayout, j: number): boolean {
  return (j + 1) * lanes <= cells;
}

/** WGSL: cell j from `start` on as float32; zero if the row has no such cell. */
export function readCell(
  layout: RowLayout,
  buffer: string,
  start: string,
  j: number,
  stored: ValueType = "f32",
): string {
  const { cells, isVector } = layout;
  const at = cellNumber(layout, j);
  if (isWhole(layout, j)) return widened(stored, isVector, `${buffer}[${start} + ${at}]`);
  const value = widened(stored, isVector, `${buffer}[${start} + min(${at}, ${cells - 1}u)]`);
  return `select(${cellType(layout)}(), ${value}, ${at} < ${cells}u)`;
}

/** WGSL: `cell`, but zero if the row has no cell j. */
export function onlyIfCell(layout: RowLayout, cell: string, j: number): string {
  if (isWhole(layout, j)) return cell;
  return `select(${cellType(layout)}(), ${cell}, ${cellNumber(layout, j)} < ${layout.cells}u)`;
}

/** WGSL: a statement that writes float32 to cell j from `start` on, if the row has such a cell. */
export function writeCell(
  layout: RowLayout,
  buffer: string,
  start: string,
  j: number,
  value: string,
  stored: ValueType = "f32",
): string {
  const at = cellNumber(layout, j);
  const store = `${buffer}[${start} + ${at}] = ${narrowed(stored, layout.isVector, value)};`;
  return isWhole(layout, j) ? store : `if (${at} < ${layout.cells}u) { ${store} }`;
}

/** WGSL: `<name>(local, value)`, the sum of a row's `value`, the same for all its threads. */
export function sumFunction(
  { lanes, threads }: RowLayout,
  name: string,
  type: string,
  target: ShaderTarget,
): string {
  return reduceCode({ name, type, threads, lanes }, target);
}
