/**
 * How the threads of a workgroup share out a tile of attention.
 *
 * They stand in x columns and y rows. Thread (x, y) owns the tile's rows y, y + Y, y + 2Y, … and meets
 * four columns of the other side, x, x + X, x + 2X and x + 3X: neighbouring threads read neighbouring
 * rows of workgroup memory, which lie in different banks.
 */
export interface AttentionTile {
  /** Threads across. */
  readonly x: number;
  /** Threads down. */
  readonly y: number;
  /** Rows that a thread owns. */
  readonly rows: number;
  /** Vectors of four in the narrowest row that keeps the threads busy. */
  readonly leastQuads: number;
}

/** From the most products per value that is read to the least memory. */
export const ATTENTION_TILES: readonly AttentionTile[] = [
  { x: 8, y: 8, rows: 4, leastQuads: 8 },
  { x: 4, y: 16, rows: 4, leastQuads: 8 },
  { x: 4, y: 16, rows: 2, leastQuads: 1 },
  { x: 4, y: 16, rows: 1, leastQuads: 1 },
  { x: 4, y: 4, rows: 1, leastQuads: 1 },
];

/** Sizes of a kernel for heads of one width, all known when its code is made. */
export interface AttentionLayout {
  readonly tile: AttentionTile;
  /** Width of a head. */
  readonly width: number;
  /** Whether buffers are read four values at a time. */
  readonly isVector: boolean;
  /** Vectors of four that a row of a head takes; the last is filled up with zeros. */
  readonly quads: number;
  /** Elements of a buffer that a row of a head takes: vectors or single values. */
  readonly elements: number;
  /** Vectors from one row to the next in workgroup memory; odd, so that rows lie in different banks. */
  readonly stride: number;
  /** Rows of the tile that the workgroup owns. */
  readonly rows: number;
  /** Rows of the other side that it meets at a time. */
  readonly columns: number;
  readonly threads: number;
  /** Vectors of each owned row that a thread sums up: x, x + X, … */
  readonly quadsPerThread: number;
}

/** The sizes for heads of a width. */
export function attentionLayout(width: number, tile: AttentionTile): AttentionLayout {
  const quads = Math.ceil(width / 4);
  const isVector = width % 4 === 0;
  return {
    tile,
    width,
    isVector,
    quads,
    elements: isVector ? quads : width,
    stride: quads | 1,
    rows: tile.y * tile.rows,
    columns: 4 * tile.x,
    threads: tile.x * tile.y,
    quadsPerThread: Math.ceil(quads / tile.x),
  };
}

/** Vectors of an array of workgroup memory that holds rows, with a tail that idle threads may read. */
export function arraySize(layout: AttentionLayout, rows: number): number {
  const { stride, quads, quadsPerThread, tile } = layout;
  return rows * stride + Math.max(0, tile.x * quadsPerThread - quads);
}

/**
 * Bytes of workgroup memory of a kernel.
 *
 * @param owned arrays of the rows that the workgroup owns
 */
export function workgroupBytes(layout: AttentionLayout, owned: 1 | 2): number {
  const { rows, columns, tile } = layout;
  const weights = rows * tile.x;
  const vectors = owned * rows * layout.stride + arraySize(layout, columns) + weights;
  const peaks = owned === 1 ? weights : 0; // the forward pass finds the largest score of a row
  return 16 * vectors + 4 * peaks;
}

/**
 * The first tile that fits heads of a width into workgroup memory, or null.
 *
 * @param limit bytes
 * @param owned arrays of the rows that a workgroup owns: 1 forward, 2 backward
 */
export function chooseTile(width: number, limit: number, owned: 1 | 2): AttentionLayout | null {
  for (const tile of ATTENTION_TILES) {
    const layout = attentionLayout(width, tile);
    // Eight threads across that share out, say, 20 vectors would idle for a sixth of the time.
    const isShared = tile.x <= 4 || layout.quads % tile.x === 0;
    if (layout.quads < tile.leastQuads || !isShared) continue;
    if (workgroupBytes(layout, owned) <= limit) return layout;
  }
  return null;
}
