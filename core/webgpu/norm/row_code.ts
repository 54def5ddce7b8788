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

/** Number of terms that a thread adds at a time. */
const FAN_IN = 8;

/**
 * WGSL: `<name>(local, value)`, the sum of a row's `value`, the same for all its threads. All threads must
 * call it; a second call needs a barrier after the first, or another name. Eight are added at a time, for few
 * barriers and reads.
 *
 * @param type of the value
 */
export function sumFunction({ lanes, threads }: RowLayout, name: string, type: string): string {
  const memory = `${name}Memory`;
  const lines: string[] = [];
  const declarations: string[] = [];
  let count = lanes;
  let source = "value";
  for (let level = 0; count > 1; level++) {
    // Here every row has `count` sums, held by its first threads.
    const array = `${memory}${level}`;
    const stride = count;
    declarations.push(`var<workgroup> ${array}: array<${type}, ${threads / lanes * count}>;`);
    const store = `${array}[row * ${stride}u + lane] = ${source};`;
    lines.push(
      count === lanes ? store : `if (lane < ${count}u) { ${store} }`,
      "workgroupBarrier();",
    );
    const terms = Math.min(count, FAN_IN);
    count /= terms;
    const first = count === 1 ? `row * ${stride}u` : `row * ${stride}u + min(lane, ${count - 1}u)`;
    // Neighbouring threads read neighbouring sums.
    const sums = Array.from({ length: terms }, (_, i) => `${array}[${first} + ${i * count}u]`);
    source = `sum${level}`;
    lines.push(`let ${source} = ${pairwise(sums)};`);
  }
  return `${declarations.join("\n")}
fn ${name}(local: u32, value: ${type}) -> ${type} {
  let lane = local % ${lanes}u;
  let row = local / ${lanes}u;
  ${lines.join("\n  ")}
  return ${source};
}`;
}

/** WGSL of a sum, added up in pairs: its number of terms is a power of two. */
function pairwise(terms: string[]): string {
  if (terms.length === 1) return terms[0];
  const half = terms.length / 2;
  return `(${pairwise(terms.slice(0, half))} + ${pairwise(terms.slice(half))})`;
}
