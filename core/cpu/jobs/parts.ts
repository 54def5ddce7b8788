/** One of the equal parts of a job. */
export interface Part {
  /** Its index, from 0. */
  readonly index: number;
  /** The number of parts. */
  readonly count: number;
}

/** The range from `begin` to `end`, exclusive. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

/** Float32 values per cache line, at whose boundaries adjacent parts are split. */
export const CACHE_LINE = 16;

/** A part's contiguous share of `count` lines, in whole grains except at the end. Shares may be empty. */
export function shareOf(count: number, grain: number, part: Part): Range {
  const grains = Math.ceil(count / grain);
  const cut = (index: number) => Math.min(count, grain * Math.floor(grains * index / part.count));
  return { begin: cut(part.index), end: cut(part.index + 1) };
}

/** A rectangle of a matrix. */
export interface Tile {
  readonly rows: Range;
  readonly columns: Range;
}

/**
 * Rows of a product are split at multiples of this, where tiles end in all known BLAS libraries (4, 6, 8, 12
 * or 16 rows). So each value is computed by the same steps wherever rows are split, and results do not depend
 * on the number of threads.
 */
const ROW_GRAIN = 48;

/** Approximate number of columns per panel of a product. */
const PANEL = 512;

/**
 * Number of column panels of a product: always the same, since columns at the end of a panel may be computed
 * by different steps than those inside.
 */
function panelCount(columns: number): number {
  return 2 ** Math.max(0, Math.round(Math.log2(columns / PANEL)));
}

/**
 * A part's tiles of a product [rows, columns]: the rows of all panels, one panel after the other, are divided
 * among parts.
 */
export function tilesOf(rows: number, columns: number, part: Part): Tile[] {
  const panels = panelCount(columns);
  const grains = Math.ceil(rows / ROW_GRAIN);
  const { begin, end } = shareOf(panels * grains, 1, part);
  const tiles: Tile[] = [];
  for (let grain = begin; grain < end;) {
    const panel = Math.floor(grain / grains);
    const next = Math.min(end, (panel + 1) * grains);
    tiles.push({
      rows: {
        begin: (grain - panel * grains) * ROW_GRAIN,
        end: Math.min(rows, (next - panel * grains) * ROW_GRAIN),
      },
      columns: shareOf(columns, CACHE_LINE, { index: panel, count: panels }),
    });
    grain = next;
  }
  return tiles;
}
