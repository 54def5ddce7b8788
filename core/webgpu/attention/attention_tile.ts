/**
 * Division of an attention tile among the threads of a workgroup.
 *
 * Threads form X columns and Y rows. Thread (x, y) owns the tile's rows y, y + Y, y + 2Y, … and processes
 * four columns of the other side, x, x + X, x + 2X and x + 3X: adjacent threads read adjacent rows of
 * workgroup memory, which are in different banks.
 */
export interface AttentionTile {
  /** Threads across. */
  readonly x: number;
  /** Threads down. */
  readonly y: number;
  /** Rows per thread. */
  readonly rows: number;
  /** Vectors of four in the narrowest row that keeps all threads busy. */
  readonly leastQuads: number;
}

/** From most products per value read to least memory. */
export const ATTENTION_TILES: readonly AttentionTile[] = [
  { x: 8, y: 8, rows: 4, leastQuads: 8 },
  { x: 4, y: 16, rows: 4, leastQuads: 8 },
  { x: 4, y: 16, rows: 2, leastQuads: 1 },
  { x: 4, y: 16, rows: 1, leastQuads: 1 },
  { x: 4, y: 4, rows: 1, leastQuads: 1 },
];

/** How buffers hold heads of one width. */
export interface HeadLayout {
  /** Width of a head. */
  readonly width: number;
  /** Whether buffers are read four values at a time. */
  readonly isVector: boolean;
  /** Vectors of four per row of a head; the last is padded with zeros. */
  readonly quads: number;
  /** Buffer elements per row of a head: vectors or single values. */
  readonly elements: number;
}

/** How buffers hold heads of a width. */
export function headLayout(width: number): HeadLayout {
  const quads = Math.ceil(width / 4);
  const isVector = width % 4 === 0;
  return { width, isVector, quads, elements: isVector ? quads : width };
}

/** Sizes of a kernel for heads of one width, all known when its code is generated. */
export interface KernelLayout extends HeadLayout {
  /** Unique name of the division of work, apart from the width. */
  readonly name: string;
  /** Rows of a head that a workgroup owns. */
  readonly rows: number;
  /** Rows of the other side processed at a time. */
  readonly columns: number;
  readonly threads: number;
}

/** Sizes of a kernel whose threads multiply. */
export interface AttentionLayout extends KernelLayout {
  readonly tile: AttentionTile;
  /** Row stride in workgroup memory in vectors; odd, so that rows are in different banks. */
  readonly stride: number;
  /** Vectors of each owned row summed by a thread: x, x + X, … */
  readonly quadsPerThread: number;
}

/** The sizes for heads of a width. */
export function attentionLayout(width: number, tile: AttentionTile): AttentionLayout {
  const head = headLayout(width);
  return {
    ...head,
    name: `${tile.x}x${tile.y}x${tile.rows}`,
    tile,
    stride: head.quads | 1,
    rows: tile.y * tile.rows,
    columns: 4 * tile.x,
    threads: tile.x * tile.y,
    quadsPerThread: Math.ceil(head.quads / tile.x),
  };
}

/** Vectors of an array of rows in workgroup memory, with a tail that idle threads may read. */
export function arraySize(layout: AttentionLayout, rows: number): number {
  const { stride, quads, quadsPerThread, tile } = layout;
  return rows * stride + Math.max(0, tile.x * quadsPerThread - quads);
}

/**
 * Bytes of workgroup memory of a kernel.
 *
 * @param owned number of arrays of owned rows
 */
export function workgroupBytes(layout: AttentionLayout, owned: 1 | 2): number {
  const { rows, columns, tile } = layout;
  const weights = rows * tile.x;
  const vectors = owned * rows * layout.stride + arraySize(layout, columns) + weights;
  const peaks = owned === 1 ? weights : 0; // the forward pass finds the maximum score of a row
  return 16 * vectors + 4 * peaks;
}

/**
 * The first tile that fits heads of a width into workgroup memory, or null.
 *
 * @param limit bytes
 * @param owned number of arrays of owned rows: 1 forward, 2 backward
 * @param tiles those that may be chosen, the best first
 */
export function chooseTile(
  width: number,
  limit: number,
  owned: 1 | 2,
  tiles: readonly AttentionTile[] = ATTENTION_TILES,
): AttentionLayout | null {
  for (const tile of tiles) {
    const layout = attentionLayout(width, tile);
    // Eight threads across for, say, 20 vectors would be idle for a sixth of the time.
    const isShared = tile.x <= 4 || layout.quads % tile.x === 0;
    if (layout.quads < tile.leastQuads || !isShared) continue;
    if (workgroupBytes(layout, owned) <= limit) return layout;
  }
  return null;
}
