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
 * A tile has at least so many multiply-accumulates, unless its panel has fewer: with less, waking a thread costs as much,
 * and OpenBLAS computes products of up to a million by other steps where the processor has AVX-512.
 */
const LEAST_OF_TILE = 2 ** 20;

/** How the rows of a product are given out: so many together, in so many units, of which the last has what is left. */
function rowUnits(
  rows: number,
  columns: number,
  inner: number,
  panels: number,
): { unitRows: number; units: number } {
  const narrowest = panels === 1 ? columns : Math.floor(columns / panels) - CACHE_LINE;
  const leastRows = Math.ceil(LEAST_OF_TILE / (narrowest * inner));
  const unitRows = ROW_GRAIN * Math.ceil(leastRows / ROW_GRAIN);
  const whole = Math.floor(rows / unitRows);
  // Rows that are left over are a unit of their own where they are enough for a tile, so that parts are alike.
  return { unitRows, units: Math.max(1, rows % unitRows >= leastRows ? whole + 1 : whole) };
}

/**
 * A part's tiles of a product [rows, columns]: the rows of all panels, one panel after the other, are divided
 * among parts.
 *
 * @param inner length of its dot products
 */
export function tilesOf(rows: number, columns: number, inner: number, part: Part): Tile[] {
  const panels = panelCount(columns);
  const { unitRows, units } = rowUnits(rows, columns, inner, panels);
  const { begin, end } = shareOf(panels * units, 1, part);
  const tiles: Tile[] = [];
  for (let unit = begin; unit < end;) {
    const panel = Math.floor(unit / units);
    const next = Math.min(end, (panel + 1) * units);
    const last = next - panel * units;
    tiles.push({
      rows: {
        begin: (unit - panel * units) * unitRows,
        end: last === units ? rows : last * unitRows,
      },
      columns: shareOf(columns, CACHE_LINE, { index: panel, count: panels }),
    });
    unit = next;
  }
  return tiles;
}
